// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/incident_bundle.h"

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "core/version.h"
#include "daemon/api/incident_json.h"
#include "daemon/app/config/config_files.h"
#include "daemon/evidence/evidence_file.h"
#include "daemon/evidence/run_files.h"
#include "daemon/recordings/replay_bundle.h"
#include "storage/sqlite_store.h"
#include "util/grouped.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kMaxTimeline = 1000;

void Write(const Json& json, std::ostream& out) {
  out << json.dump(-1, ' ', false, Json::error_handler_t::replace) << "\n";
}

Json Parsed(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? Json() : json;
}

// The texts that are kept of the incident, redacted when they were written.
Json TextsOf(const StorageConfig& storage, const std::string& id) {
  const EvidenceFile file(storage.path + "/evidence.jsonl",
                          storage.evidence.max_bytes, storage.evidence.ttl);
  Json texts = Parsed(file.ExamplesJson(id, absl::Now()));
  return texts.is_object() ? texts["examples"] : Json::array();
}

// The lines of the stored run, each row with its readings for a person.
std::vector<std::string> RunOf(const StorageConfig& storage,
                               const std::string& id, int64_t& rows) {
  std::vector<std::string> lines;
  const RunFiles files(storage.path + "/runs", storage.evidence.max_bytes,
                       storage.evidence.ttl);
  const std::string path = files.PathOf(id);
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    Json json = Parsed(line);
    if (json.is_object() && json.value("part", "") == "row") {
      StateBlob blob;
      blob.version = json.value("version", 0);
      if (absl::Base64Unescape(json.value("bytes", ""), &blob.bytes))
        json["response"] = Parsed(RowJson(blob));
      line = json.dump(-1, ' ', false, Json::error_handler_t::replace);
      ++rows;
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

std::string HoldsText(int64_t rows, size_t texts) {
  std::string text =
      rows == 0
          ? std::string(
                "the incident, but no numbers to replay: "
                "storage.evidence was off, or they are over their "
                "time")
          : absl::StrCat("the numbers of ", Grouped(rows),
                         " responses and the state before them, to replay");
  absl::StrAppend(&text, texts == 0
                             ? "; numbers only, no text is kept of it"
                             : absl::StrCat("; ", texts, " redacted texts"));
  return text;
}

}  // namespace

absl::Status WriteIncidentBundle(const Config& config, const std::string& id,
                                 std::ostream& out, std::ostream& messages) {
  SqliteStoreOptions options;
  options.folder = config.storage.path;
  options.read_only = true;
  RW_ASSIGN_OR_RETURN(const std::unique_ptr<SqliteStore> store,
                      OpenSqliteStore(options));
  RW_ASSIGN_OR_RETURN(const Incident incident, store->LoadIncident(id));
  const TimeSpan span = TimelineOf(incident);
  RW_ASSIGN_OR_RETURN(
      const std::vector<ModelEvent> events,
      store->LoadEvents(incident.model, span.from, span.to, kMaxTimeline));
  const absl::StatusOr<std::string> story = store->LoadStory(id);
  const Json texts = TextsOf(config.storage, id);
  int64_t rows = 0;
  const std::vector<std::string> run = RunOf(config.storage, id, rows);
  const std::string holds = HoldsText(rows, texts.size());
  Write({{"part", "bundle"},
         {"form", 1},
         {"incident", id},
         {"model", incident.model},
         {"version", kVersion},
         {"holds", holds}},
        out);
  Write({{"part", "incident"},
         {"incident", Parsed(IncidentJson(incident, events))}},
        out);
  if (story.ok() && !story->empty())
    Write({{"part", "story"}, {"story", Parsed(*story)}}, out);
  for (const Json& text : texts) Write({{"part", "text"}, {"text", text}}, out);
  if (run.empty())
    Write({{"part", "config"},
           {"yaml", PrintConfig(WithMaskedUrls(config))},
           {"of", "the command that wrote the bundle"}},
          out);
  for (const std::string& line : run) out << line << "\n";
  messages << id << " of " << incident.model << ": " << holds << "\n";
  return absl::OkStatus();
}

}  // namespace reasonwatch
