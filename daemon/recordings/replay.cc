// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/replay.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "daemon/pipeline/model_pipeline.h"
#include "daemon/pipeline/pipeline_sink.h"
#include "daemon/recordings/bad_lines.h"
#include "daemon/recordings/importer.h"
#include "daemon/recordings/recording_source.h"
#include "util/grouped.h"
#include "util/status_macros.h"
#include "util/strings.h"

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
    RecordedRows recorded(rows);
    CountedSource source(recorded, "baseline rows looked at",
                         settings_.on_rows);
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

  void Report(ReplayReport& report) const {
    report.findings = findings_;
    report.incidents = incidents_;
    for (const auto& [model, pipeline] : pipelines_)
      for (const StreamSnapshot& s : pipeline->watch().Snapshot(now_)) {
        ++report.streams;
        report.unjudged +=
            s.state == StreamState::kLearning || s.state == StreamState::kBlind;
      }
  }

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
    for (const IncidentEvent& event : events) {
      emit_(event);
      Keep(event.incident);
    }
    findings_ += static_cast<int64_t>(events.size());
  }

  void Keep(const Incident& incident) {
    const auto same =
        std::find_if(incidents_.begin(), incidents_.end(),
                     [&](const Incident& i) { return i.id == incident.id; });
    if (same == incidents_.end()) {
      incidents_.push_back(incident);
      return;
    }
    const Severity highest = std::max(same->severity, incident.severity);
    *same = incident;
    same->severity = highest;
  }

  const RecordingSettings& settings_;
  const std::function<void(const IncidentEvent&)>& emit_;
  StandardEvaluator evaluator_{"replay"};
  std::map<std::string, std::unique_ptr<ModelPipeline>> pipelines_;
  absl::Time now_ = absl::InfinitePast();
  int64_t findings_ = 0;
  std::vector<Incident> incidents_;
};

// Names of a model's signals, each once.
std::string SignalNames(const Incident& incident) {
  std::vector<std::string_view> names;
  for (const IncidentSignal& s : incident.signals)
    if (std::find(names.begin(), names.end(), SignalName(s.signal)) ==
        names.end())
      names.push_back(SignalName(s.signal));
  return absl::StrJoin(names, ", ",
                       [](std::string* out, std::string_view name) {
                         absl::StrAppend(out, AbslView(name));
                       });
}

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
        format, settings.on_rows, options.model);
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
  int64_t judged = 0;
  for (Response& row : traffic.rows) {
    if (settings.on_rows != nullptr)
      RW_RETURN_IF_ERROR(
          settings.on_rows("rows judged", judged++, report.live_rows));
    replayer.Observe(row);
  }
  replayer.Finish();
  replayer.Report(report);
  return report;
}

std::string VerdictText(const ReplayReport& report) {
  if (report.incidents.empty() && report.unjudged == report.streams)
    return "verdict: could not tell. The baseline has fewer than 30 responses "
           "of the kind that came, for every stream.\n";
  std::string text = absl::StrFormat(
      "verdict: %s. %s incident%s in %s responses of %d stream%s",
      report.incidents.empty() ? "held" : "worse",
      report.incidents.empty() ? "No" : Grouped(std::ssize(report.incidents)),
      report.incidents.size() < 2 ? "" : "s", Grouped(report.live_rows),
      report.streams, report.streams == 1 ? "" : "s");
  text += report.unjudged == 0
              ? ".\n"
              : absl::StrFormat(", of which %d could not be judged.\n",
                                report.unjudged);
  for (const Incident& i : report.incidents) {
    absl::StrAppendFormat(
        &text, "  %-8s  %s since response %s: %s; %s\n",
        AbslView(SeverityName(i.severity)),
        i.route.empty() ? i.model : i.model + "/" + i.route,
        i.onset_id.empty() ? "-" : i.onset_id, SignalNames(i),
        i.open() ? "still so at the end" : "over before the end");
    if (!i.causes.empty())
      absl::StrAppendFormat(
          &text, "            likely %s%s%s\n", i.causes[0].cause,
          i.causes[0].evidence.empty() ? "" : ": ", i.causes[0].evidence);
  }
  return text;
}

}  // namespace reasonwatch
