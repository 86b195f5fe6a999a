// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/recorded_baseline.h"

#include <cstdint>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <string>

#include "absl/strings/str_format.h"
#include "core/store.h"
#include "daemon/app/log.h"
#include "daemon/app/settings.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

std::string Digest(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(in)),
                          std::istreambuf_iterator<char>());
  return absl::StrFormat("%016x", StableHash(bytes));
}

}  // namespace

absl::Status LearnRecordedBaseline(const Config& config, Store& store,
                                   StandardEvaluator& evaluator, Shards& shards,
                                   Telemetry& telemetry,
                                   RescoreService* rescoring) {
  const std::string& path = config.baseline.path;
  RW_ASSIGN_OR_RETURN(
      const RecordedFile file,
      ReadRecordedFile(path, [&](int64_t line, std::string_view why) {
        LogWarning("baseline_line_skipped", {{"file", path},
                                             {"line", std::to_string(line)},
                                             {"error", std::string(why)}});
      }));
  const std::string digest = Digest(path);
  const auto known = store.LoadFact("baseline_digest");
  const bool learn = !known.ok() || *known != digest;
  const std::unique_ptr<PipelineSink> sink = shards.ImportSink(learn);
  RecordedRows source(file.rows);
  RecordingImporter importer(
      {.profile_of =
           [&](const std::string& model) { return ProfileOf(config, model); }},
      evaluator, *sink);
  RW_ASSIGN_OR_RETURN(const ImportReport imported, importer.Run(source));
  if (rescoring != nullptr) rescoring->SetProblems(file.rows);
  std::map<std::string, int64_t> problems;
  for (const BaselineProblem& p : sink->problems()) ++problems[p.model];
  for (const auto& [model, count] : problems)
    telemetry.SetBaseline(model, count);
  // The digest last: with it, the next start assumes that all the rest is
  // stored.
  if (learn) {
    RW_RETURN_IF_ERROR(sink->saved());
    const absl::Status kept = store.PutProblems(sink->problems());
    if (!kept.ok())
      LogWarning("problems_not_stored",
                 {{"error", std::string(kept.message())}});
    RW_RETURN_IF_ERROR(store.PutFact("baseline_digest", digest));
  }
  LogInfo("baseline", {{"file", path},
                       {"responses", std::to_string(imported.responses)},
                       {"problems", std::to_string(sink->problems().size())},
                       {"solved", std::to_string(sink->solved())},
                       {"learnt", learn ? "now" : "before"}});
  return absl::OkStatus();
}

}  // namespace reasonwatch
