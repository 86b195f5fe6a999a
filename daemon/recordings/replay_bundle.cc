// SPDX-License-Identifier: Apache-2.0
// Lines are read one by one into a Bundle; the replay restores the state,
// observes the rows and looks for each recorded finding among its own.
//
// In this order: the reader's lines, the replay, a row for a person.
#include "daemon/recordings/replay_bundle.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "core/feature.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/replay_tape.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using Json = nlohmann::json;

// Other machines' arithmetic may differ in the last digits.
constexpr double kSame = 1e-6;
// A state of many streams has blobs of some MB.
constexpr size_t kMaxLineBytes = size_t{256} << 20;
constexpr size_t kMaxBundleRows = 1u << 16;

std::string Text(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_string() ? it->get<std::string>() : "";
}

double Number(const Json& json, const char* key) {
  const auto it = json.find(key);
  return it != json.end() && it->is_number() ? it->get<double>() : NAN;
}

RecordedFinding FindingOf(const Json& json) {
  RecordedFinding f;
  f.signal = Text(json, "signal");
  f.scope = Text(json, "scope");
  f.route = Text(json, "route");
  f.replica = Text(json, "replica");
  f.channel = Text(json, "channel");
  f.response_id = Text(json, "response_id");
  f.statistic = Number(json, "statistic");
  f.threshold = Number(json, "threshold");
  return f;
}

bool ReadBlob(const Json& json, StateBlob& blob) {
  blob.kind = Text(json, "kind");
  blob.key = Text(json, "key");
  const double version = Number(json, "version");
  if (!(version >= 0 && version < 1e6)) return false;
  blob.version = static_cast<int32_t>(version);
  return absl::Base64Unescape(Text(json, "bytes"), &blob.bytes);
}

struct Reader {
  Bundle bundle;
  double rows = NAN;  // that the head promises

  bool Line(const std::string& text) {
    const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!json.is_object()) return false;
    const std::string part = Text(json, "part");
    if (part == "run") return Head(json);
    if (part == "config") bundle.config_yaml = Text(json, "yaml");
    if (part == "state")
      return ReadBlob(json, bundle.take.state.emplace_back());
    if (part == "row")
      return bundle.take.rows.size() < kMaxBundleRows &&
             ReadBlob(json, bundle.take.rows.emplace_back());
    return true;
  }

  bool Head(const Json& json) {
    bundle.incident = Text(json, "incident");
    bundle.version = Text(json, "version");
    bundle.take.model = Text(json, "model");
    rows = Number(json, "rows");
    const auto findings = json.find("findings");
    if (findings == json.end() || !findings->is_array()) return false;
    for (const Json& finding : *findings)
      if (finding.is_object()) bundle.findings.push_back(FindingOf(finding));
    return !bundle.findings.empty();
  }
};

}  // namespace

absl::StatusOr<Bundle> ReadBundle(const std::string& path) {
  std::ifstream file(path);
  if (!file) return absl::NotFoundError("can't read " + path);
  Reader reader;
  int64_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line.size() > kMaxLineBytes || !reader.Line(line))
      return absl::InvalidArgumentError(
          absl::StrCat(path, ":", number, ": no line of a bundle"));
  }
  if (std::isnan(reader.rows))
    return absl::FailedPreconditionError(absl::StrCat(
        path,
        " has no numbers to replay: storage.evidence was off, or they "
        "are over their time"));
  if (static_cast<double>(reader.bundle.take.rows.size()) != reader.rows)
    return absl::DataLossError(absl::StrCat(
        path, " has ", reader.bundle.take.rows.size(), " responses instead of ",
        reader.rows, ": it is not whole"));
  return std::move(reader.bundle);
}

bool BundleReplay::agrees() const {
  return !findings.empty() &&
         std::all_of(findings.begin(), findings.end(),
                     [](const Compared& c) { return c.agrees; });
}

namespace {

bool Same(const RecordedFinding& recorded, const IncidentEvent& event) {
  const Finding& f = event.finding;
  return event.kind == IncidentEvent::Kind::kOpened &&
         recorded.signal == SignalName(f.signal) &&
         recorded.scope == ScopeName(f.scope) && recorded.route == f.route &&
         recorded.replica == f.replica && recorded.channel == f.channel &&
         recorded.response_id == f.response_id &&
         std::abs(recorded.statistic - f.statistic) <=
             kSame * std::abs(f.statistic);
}

}  // namespace

absl::StatusOr<BundleReplay> ReplayBundle(const Bundle& bundle,
                                          const WatchOptions& watch,
                                          const IncidentOptions& incidents) {
  ModelPipeline pipeline(bundle.take.model, watch, incidents);
  RW_RETURN_IF_ERROR(pipeline.RestoreReference(bundle.take.state));
  BundleReplay replay;
  int64_t number = 0;
  for (const StateBlob& blob : bundle.take.rows) {
    ++number;
    absl::StatusOr<TapeRow> row = UnpackTapeRow(blob);
    if (!row.ok())
      return absl::DataLossError(
          absl::StrCat("response ", number, " of the bundle can't be read"));
    for (IncidentEvent& event : pipeline.ObserveTaped(*std::move(row)))
      replay.events.push_back(std::move(event));
  }
  for (const RecordedFinding& finding : bundle.findings)
    replay.findings.push_back(
        {finding, std::any_of(replay.events.begin(), replay.events.end(),
                              [&](const IncidentEvent& event) {
                                return Same(finding, event);
                              })});
  return replay;
}

std::string RowJson(const StateBlob& blob) {
  const absl::StatusOr<TapeRow> row = UnpackTapeRow(blob);
  if (!row.ok()) return "";
  const Scored& s = row->scored;
  nlohmann::ordered_json json = {{"id", s.id},
                                 {"route", s.route},
                                 {"replica", s.replica},
                                 {"fingerprint", s.regime.fingerprint}};
  json["time"] = s.start == absl::InfinitePast()
                     ? Json()
                     : Json(absl::FormatTime(absl::RFC3339_sec, s.start,
                                             absl::UTCTimeZone()));
  json["grade"] = GradeName(s.grade);
  for (int i = 0; i < kFeatureCount; ++i)
    if (const float value = s.readings[static_cast<size_t>(i)];
        std::isfinite(value))
      json["readings"][std::string(FeatureName(static_cast<Feature>(i)))] =
          value;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace reasonwatch
