// SPDX-License-Identifier: Apache-2.0
// The sections of the metrics behind one lock. First the values that are read
// at a scrape, then each report, passed on to its section.
#include "daemon/telemetry/telemetry.h"

#include <tuple>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "daemon/telemetry/families.h"
#include "daemon/telemetry/incident_section.h"
#include "daemon/telemetry/label.h"
#include "daemon/telemetry/pipeline_section.h"
#include "daemon/telemetry/rescore_section.h"
#include "daemon/telemetry/response_section.h"
#include "daemon/telemetry/scraped_gauges.h"
#include "daemon/telemetry/selftest_section.h"
#include "daemon/telemetry/service_section.h"
#include "daemon/telemetry/storage_section.h"
#include "daemon/telemetry/tap_section.h"
#include "daemon/telemetry/watched_series.h"
#include "util/mutex.h"

namespace reasonwatch {

class Telemetry::Impl {
 public:
  explicit Impl(const TelemetryOptions& options)
      : watched(options.max_streams, families) {
    families
        .GaugeAt(Metric::kBuildInfo, {{"version", LabelValue(options.version)}})
        .Set(1);
  }

  // The gauges that are plain values between scrapes. Holds the lock for
  // copies only.
  ScrapedSeries Scrape() {
    std::vector<StreamLabels> streams;
    std::vector<StreamGauges> gauges;
    std::vector<StreamLabels> models;
    IncidentGauges open;
    std::vector<IncidentInfo> infos;
    {
      MutexLock lock(mutex);
      streams.reserve(watched.streams().size());
      gauges.reserve(watched.streams().size());
      for (const auto& [key, series] : watched.streams()) {
        streams.emplace_back(key.model, key.route);
        gauges.push_back(series.gauges);
      }
      for (const auto& [name, series] : watched.models())
        models.emplace_back(name, "");
      open = incidents.gauges();
      infos = incidents.infos();
    }
    ScrapedSeries out;
    for (size_t i = 0; i < streams.size(); ++i)
      gauges[i].AddTo(streams[i], out);
    AddExpected(streams, gauges, out);
    AddProcess(out);
    open.AddTo(streams, models, out);
    AddIncidentInfos(infos, out);
    return out;
  }

  ExemplarMap CopyExemplars() {
    ExemplarMap copy;
    MutexLock lock(mutex);
    for (const auto& [key, series] : watched.streams()) {
      const auto add = [&, &stream = key](Metric metric,
                                          const Exemplars& exemplars) {
        copy.emplace(std::tuple(metric, stream.model, stream.route), exemplars);
      };
      add(Metric::kOutputTokens, series.output_exemplars);
      add(Metric::kReasoningTokens, series.reasoning_exemplars);
      add(Metric::kZeroThinking, series.zero_exemplars);
    }
    return copy;
  }

  Families families;
  TapSection taps{families};
  PipelineSection pipeline{families};

  Mutex mutex;
  WatchedSeries watched ABSL_GUARDED_BY(mutex);
  ResponseSection responses ABSL_GUARDED_BY(mutex){families, watched};
  IncidentSection incidents ABSL_GUARDED_BY(mutex){families, watched};
  RescoreSection rescore ABSL_GUARDED_BY(mutex){families};
  SelfTestSection selftest ABSL_GUARDED_BY(mutex){families};
  StorageSection storage ABSL_GUARDED_BY(mutex){families, pipeline};
  ServiceSection service ABSL_GUARDED_BY(mutex){families};
};

Telemetry::Telemetry(const TelemetryOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
Telemetry::~Telemetry() = default;

void Telemetry::ObserveResponse(const Scored& scored, ResponseOutcome outcome) {
  MutexLock lock(impl_->mutex);
  impl_->responses.Observe(scored, outcome);
}
void Telemetry::AddTap(std::string_view source,
                       std::function<TapCounters()> counters) {
  impl_->taps.Add(source, std::move(counters));
}
void Telemetry::RemoveTap(std::string_view source) {
  impl_->taps.Remove(source);
}
void Telemetry::ObserveTapDuration(std::string_view source,
                                   absl::Duration duration) {
  impl_->taps.ObserveDuration(source, duration);
}
void Telemetry::SetCoverage(const std::vector<CoverageSnapshot>& targets) {
  impl_->taps.SetCoverage(targets);
}
void Telemetry::CountStage(Stage stage, int64_t records) {
  impl_->pipeline.CountRecords(stage, records);
}
void Telemetry::CountStageError(Stage stage, std::string_view reason,
                                int64_t n) {
  impl_->pipeline.CountReason(Metric::kStageErrors, stage, reason, n);
}
void Telemetry::CountStageDropped(Stage stage, DropReason reason, int64_t n) {
  impl_->pipeline.CountReason(Metric::kStageDropped, stage,
                              DropReasonName(reason), n);
}
void Telemetry::ObserveStageDuration(Stage stage, absl::Duration duration) {
  impl_->pipeline.ObserveDuration(stage, duration);
}
void Telemetry::Heartbeat(Stage stage, absl::Time began) {
  impl_->pipeline.Heartbeat(stage, began);
}
void Telemetry::SetQueue(int shard, int64_t records, int64_t capacity,
                         int64_t bytes) {
  impl_->pipeline.SetQueue(shard, records, capacity, bytes);
}
void Telemetry::SetStream(const StreamSnapshot& snapshot) {
  MutexLock lock(impl_->mutex);
  impl_->responses.SetStream(snapshot);
}
void Telemetry::SetIncident(const Incident& incident) {
  MutexLock lock(impl_->mutex);
  impl_->incidents.Set(incident, /*count=*/true);
}
void Telemetry::RestoreIncident(const Incident& incident) {
  MutexLock lock(impl_->mutex);
  impl_->incidents.Set(incident, /*count=*/false);
}
void Telemetry::SetIncidentInfos(std::vector<IncidentInfo> infos) {
  MutexLock lock(impl_->mutex);
  impl_->incidents.SetInfos(std::move(infos));
}
void Telemetry::SetPageUrl(std::string_view url) {
  impl_->families
      .GaugeAt(Metric::kPageInfo,
               {{"url", LabelValue(url, kMaxLabelTextBytes)}})
      .Set(1);
}
void Telemetry::CountAction(std::string_view model, std::string_view action) {
  MutexLock lock(impl_->mutex);
  impl_->incidents.CountAction(model, action);
}
void Telemetry::SetDeployment(std::string_view model, absl::Time time) {
  MutexLock lock(impl_->mutex);
  impl_->responses.SetDeployment(model, time);
}
void Telemetry::SetBaseline(std::string_view model, int64_t problems) {
  MutexLock lock(impl_->mutex);
  impl_->responses.SetBaseline(model, problems);
}
void Telemetry::SetUnknownFormat(std::string_view model, double ratio,
                                 bool notice) {
  MutexLock lock(impl_->mutex);
  impl_->responses.SetUnknownFormat(model, ratio, notice);
}
void Telemetry::SetCountsDiffer(std::string_view model, double ratio,
                                bool notice) {
  MutexLock lock(impl_->mutex);
  impl_->responses.SetCountsDiffer(model, ratio, notice);
}
void Telemetry::SetRescore(const RescoreTotals& totals) {
  MutexLock lock(impl_->mutex);
  impl_->rescore.Set(totals);
}
void Telemetry::SetGrader(const std::map<std::string, int64_t>& answers,
                          int64_t starts) {
  MutexLock lock(impl_->mutex);
  impl_->rescore.SetGrader(answers, starts);
}
void Telemetry::SetFramesForgotten(int64_t frames) {
  MutexLock lock(impl_->mutex);
  impl_->rescore.SetFramesForgotten(frames);
}
void Telemetry::SetEvidence(const std::map<std::string, int64_t>& incidents,
                            int64_t bytes) {
  MutexLock lock(impl_->mutex);
  impl_->storage.SetEvidence(incidents, bytes);
}
void Telemetry::ExpectSelfTest(absl::Duration every, absl::Time now) {
  MutexLock lock(impl_->mutex);
  impl_->selftest.Expect(every, now);
}
void Telemetry::CountSelfTest(const SelfTestResult& result,
                              absl::Duration every, absl::Time now) {
  MutexLock lock(impl_->mutex);
  impl_->selftest.Count(result, every, now);
}
void Telemetry::SetStore(const StoreStatistics& statistics) {
  MutexLock lock(impl_->mutex);
  impl_->storage.Set(statistics);
}
void Telemetry::SetStoreHealth(const StoreHealth& health) {
  MutexLock lock(impl_->mutex);
  impl_->service.SetStoreHealth(health);
}
void Telemetry::SetPorts(const std::vector<PortCounts>& ports) {
  MutexLock lock(impl_->mutex);
  impl_->service.SetPorts(ports);
}
void Telemetry::SetRestartGap(absl::Duration gap) {
  MutexLock lock(impl_->mutex);
  impl_->storage.SetRestartGap(gap);
}

std::string Telemetry::Text(MetricsForm form) {
  impl_->taps.Pull();
  return impl_->families.Text(form, impl_->Scrape(),
                              form == MetricsForm::kOpenMetrics
                                  ? impl_->CopyExemplars()
                                  : ExemplarMap());
}

}  // namespace reasonwatch
