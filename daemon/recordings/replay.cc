// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/replay.h"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/recordings/bad_lines.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

class Replayer {
 public:
  Replayer(const RecordingSettings& settings,
           const std::function<void(const IncidentEvent&)>& emit)
      : settings_(settings), emit_(emit) {
    evaluator_.SetGrader(settings.grader);
  }

  absl::Status Learn(const std::vector<Response>& rows) {
    RecordedRows source(rows);
    PipelineSink sink(/*learn=*/true,
                      [this](const std::string& model) -> ModelPipeline& {
                        return PipelineOf(model);
                      });
    RecordingImporter importer({.profile_of = settings_.profile_of}, evaluator_,
                               sink);
    return importer.Run(source).status();
  }

  void Observe(Response& row) {
    ModelPipeline& pipeline = PipelineOf(row.model);
    if (row.time == absl::InfinitePast())
      row.time = now_ == absl::InfinitePast() ? absl::UnixEpoch() : now_;
    now_ = std::max(now_, row.time);
    Emit(pipeline.Observe(evaluator_.Evaluate(row), /*low_coverage=*/false));
    if (const auto prefix = pipeline.DrainPrefix(); prefix.has_value())
      evaluator_.SetPrefix(row.model, PrefixProfile::FromDigest(*prefix));
    // The fits that `serve` runs in the background run in place here.
    for (FitJob job = pipeline.watch().NextFitJob(); !job.rows.empty();
         job = pipeline.watch().NextFitJob())
      pipeline.watch().InstallFit(job, FitPromptRegression(job.rows));
  }

  void Finish() {
    for (auto& [model, pipeline] : pipelines_) {
      Emit(pipeline->Drain());
      Emit(pipeline->book().OpenAtEnd());
    }
  }

  int64_t findings() const { return findings_; }

 private:
  ModelPipeline& PipelineOf(const std::string& model) {
    auto& p = pipelines_[model];
    if (p == nullptr) {
      p = std::make_unique<ModelPipeline>(model, settings_.watch,
                                          settings_.incidents);
      evaluator_.SetProfile(model, settings_.profile_of(model));
    }
    return *p;
  }

  void Emit(const std::vector<IncidentEvent>& events) {
    for (const IncidentEvent& event : events) emit_(event);
    findings_ += static_cast<int64_t>(events.size());
  }

  const RecordingSettings& settings_;
  const std::function<void(const IncidentEvent&)>& emit_;
  StandardEvaluator evaluator_{"replay"};
  std::map<std::string, std::unique_ptr<ModelPipeline>> pipelines_;
  absl::Time now_ = absl::InfinitePast();
  int64_t findings_ = 0;
};

}  // namespace

absl::StatusOr<ReplayReport> Replay(
    const ReplayOptions& options, const RecordingSettings& settings,
    const std::function<void(const IncidentEvent&)>& emit,
    std::ostream& messages) {
  const auto read = [&](const std::string& path, RecordFormat format) {
    BadLines bad(messages, path + ":");
    absl::StatusOr<RecordedFile> file = ReadRecordedFile(
        path,
        [&](int64_t number, std::string_view why) { bad.Add(number, why); },
        format);
    bad.Finish();
    return file;
  };
  RW_ASSIGN_OR_RETURN(const RecordedFile healthy,
                      read(options.baseline, options.baseline_from));
  RW_ASSIGN_OR_RETURN(RecordedFile traffic, read(options.live, options.from));
  ReplayReport report;
  report.bad_lines = healthy.bad_lines + traffic.bad_lines;
  report.baseline_rows = static_cast<int64_t>(healthy.rows.size());
  report.live_rows = static_cast<int64_t>(traffic.rows.size());
  Replayer replayer(settings, emit);
  RW_RETURN_IF_ERROR(replayer.Learn(healthy.rows));
  for (Response& row : traffic.rows) replayer.Observe(row);
  replayer.Finish();
  report.findings = replayer.findings();
  return report;
}

}  // namespace reasonwatch
