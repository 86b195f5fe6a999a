#include "daemon/commands/replay.h"

#include <map>
#include <memory>
#include <utility>

#include "core/status_macros.h"
#include "daemon/incident_json.h"
#include "daemon/pipeline/import_baseline.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/settings.h"
#include "daemon/pipeline/standard_evaluator.h"

namespace reasonwatch {

absl::StatusOr<ReplayReport> Replay(
    const Config& config, const std::string& baseline, const std::string& live,
    std::ostream& findings, std::ostream& messages, RecordFormat baseline_from,
    RecordFormat from) {
  ReplayReport report;
  const auto bad_line_of = [&](const std::string& path) {
    return [&messages, path](int64_t number, std::string_view why) {
      messages << path << ":" << number << ": " << why << "\n";
    };
  };
  StandardEvaluator evaluator("replay");
  evaluator.SetGrader(
      GraderOf(config, /*lasting=*/false, TellGraderFailures(messages)));
  std::map<std::string, std::unique_ptr<ModelPipeline>> pipelines;
  const WatchOptions watch = WatchOptionsOf(config);
  const auto pipeline_of = [&](const std::string& model) -> ModelPipeline& {
    auto& p = pipelines[model];
    if (p == nullptr) {
      p = std::make_unique<ModelPipeline>(model, watch,
                                          IncidentOptionsOf(config));
      evaluator.SetProfile(model, ProfileOf(config, model));
    }
    return *p;
  };

  RW_ASSIGN_OR_RETURN(
      RecordedFile healthy,
      ReadRecordedFile(baseline, bad_line_of(baseline), baseline_from));
  RW_ASSIGN_OR_RETURN(RecordedFile traffic,
                      ReadRecordedFile(live, bad_line_of(live), from));
  report.bad_lines = healthy.bad_lines + traffic.bad_lines;
  report.baseline_rows = static_cast<int64_t>(healthy.rows.size());
  report.live_rows = static_cast<int64_t>(traffic.rows.size());
  // Import sets the final profile after pipeline_of() has set the plain one.
  for (const Response& row : healthy.rows) pipeline_of(row.model);
  ImportBaseline(
      healthy.rows, /*learn=*/true, evaluator,
      [&](const std::string& model) { return ProfileOf(config, model); },
      pipeline_of);

  const auto write = [&](const std::vector<IncidentEvent>& events) {
    for (const IncidentEvent& event : events) {
      findings << FindingLine(event) << "\n";
      ++report.findings;
    }
  };
  absl::Time now = absl::InfinitePast();
  for (Response& row : traffic.rows) {
    ModelPipeline& pipeline = pipeline_of(row.model);
    if (row.time == absl::InfinitePast())
      row.time = now == absl::InfinitePast() ? absl::UnixEpoch() : now;
    now = std::max(now, row.time);
    write(pipeline.Take(evaluator.Evaluate(row), /*low_coverage=*/false));
    if (const auto prefix = pipeline.TakePrefix(); prefix.has_value())
      evaluator.SetPrefix(row.model, PrefixProfile::FromDigest(*prefix));
    // Fits that `serve` runs in the background run in place here.
    for (FitJob job = pipeline.watch().TakeFitJob(); !job.rows.empty();
         job = pipeline.watch().TakeFitJob())
      pipeline.watch().InstallFit(job, FitPromptRegression(job.rows));
  }
  for (auto& [model, pipeline] : pipelines) {
    write(pipeline->Drain());
    write(pipeline->book().OpenAtEnd());
  }
  findings.flush();
  if (!findings) return absl::DataLossError("can't write the findings");
  return report;
}

}  // namespace reasonwatch
