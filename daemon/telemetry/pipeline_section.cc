// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/pipeline_section.h"

#include <string>

namespace reasonwatch {
namespace {

std::string NameOf(Stage stage) { return std::string(StageName(stage)); }

}  // namespace

PipelineSection::PipelineSection(Families& families) : families_(families) {
  families_.OverflowCounter(Metric::kStageErrors);
  families_.OverflowCounter(Metric::kStageDropped);
  for (const Stage stage : {Stage::kEvaluate, Stage::kOrder, Stage::kDetect,
                            Stage::kIncidents, Stage::kStorage})
    records_[static_cast<size_t>(stage)] =
        &families_.CounterAt(Metric::kStageRecords, {{"stage", NameOf(stage)}});
  // Start order and detectors are one step of the worker; storage works in a
  // thread of its own, on batches.
  for (const Stage stage :
       {Stage::kEvaluate, Stage::kDetect, Stage::kIncidents})
    durations_[static_cast<size_t>(stage)] = &families_.HistogramAt(
        Metric::kStageDuration, {{"stage", NameOf(stage)}}, DurationBuckets());
}

void PipelineSection::CountRecords(Stage stage, int64_t records) {
  Counter* counter = records_[static_cast<size_t>(stage)];
  if (counter != nullptr) counter->Increment(static_cast<double>(records));
}

void PipelineSection::CountReason(Metric metric, Stage stage,
                                  std::string_view raw_reason, int64_t n) {
  MutexLock lock(mutex_);
  bool overflow = false;
  const std::string reason =
      reasons_.Label(metric, NameOf(stage), raw_reason, overflow);
  if (overflow) families_.OverflowCounter(metric).Increment();
  families_.CounterAt(metric, {{"stage", NameOf(stage)}, {"reason", reason}})
      .Increment(static_cast<double>(n));
}

void PipelineSection::ObserveDuration(Stage stage, absl::Duration duration) {
  Histogram* histogram = durations_[static_cast<size_t>(stage)];
  if (histogram != nullptr) histogram->Observe(absl::ToDoubleSeconds(duration));
}

void PipelineSection::Heartbeat(Stage stage, absl::Time began) {
  if (!IsFinite(began)) return;
  families_.GaugeAt(Metric::kHeartbeat, {{"stage", NameOf(stage)}})
      .Set(UnixSeconds(began));
}

void PipelineSection::SetQueue(int shard, int64_t records, int64_t capacity,
                               int64_t bytes) {
  if (!HasSeries(shard)) return;
  const Labels labels = {{"shard", std::to_string(shard)}};
  families_.GaugeAt(Metric::kQueueRecords, labels)
      .Set(static_cast<double>(records));
  families_.GaugeAt(Metric::kQueueCapacity, labels)
      .Set(static_cast<double>(capacity));
  families_.GaugeAt(Metric::kQueueBytes, labels)
      .Set(static_cast<double>(bytes));
}

std::vector<MetricInfo> PipelineSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kStageRecords,
       "reasonwatch_stage_records_total",
       kCounter,
       "records",
       {"stage"},
       "Records that a stage of the pipeline finished.",
       "Rates of neighbouring stages should agree."},
      {Metric::kStageErrors,
       "reasonwatch_stage_errors_total",
       kCounter,
       "records",
       {"stage", "reason"},
       "Records that a stage failed on, by reason.",
       "Should stay at zero. Of `evaluate`: bodies that could not be read, and "
       "`server_error` for an error inside a response that was a success."},
      {Metric::kStageDropped,
       "reasonwatch_stage_dropped_total",
       kCounter,
       "records",
       {"stage", "reason"},
       "Records that a stage dropped on purpose, by reason.",
       "Responses that were judged by fewer levels, or by none. This alone "
       "makes no finding a warning; a full queue at the tap does."},
      {Metric::kStageDuration,
       "reasonwatch_stage_duration_seconds",
       kHistogram,
       "seconds",
       {"stage"},
       "Time that a stage spent on a response.",
       "Where the processor time goes. `detect` includes start order; "
       "`incidents` counts only responses that changed an incident."},
      {Metric::kQueueRecords,
       "reasonwatch_queue_records",
       kGauge,
       "records",
       {"shard"},
       "Responses waiting in the queue of a shard.",
       "Near queue_capacity_records responses are about to be dropped."},
      {Metric::kQueueCapacity,
       "reasonwatch_queue_capacity_records",
       kGauge,
       "records",
       {"shard"},
       "Responses that the queue of a shard can hold.",
       "Set by queue.records."},
      {Metric::kQueueBytes,
       "reasonwatch_queue_bytes",
       kGauge,
       "bytes",
       {"shard"},
       "Bytes waiting in the queue of a shard.",
       "Bounded by queue.bytes."},
      {Metric::kHeartbeat,
       "reasonwatch_heartbeat_timestamp_seconds",
       kGauge,
       "seconds",
       {"stage"},
       "Unix time at which the newest heartbeat that passed the stage began.",
       "time() minus it grows where a stage is stuck, even without traffic."},
      {Metric::kSeriesOverflow,
       "reasonwatch_telemetry_series_overflow_total",
       kCounter,
       "updates",
       {"family"},
       "Updates that met the cap of series and went to the labels `other`.",
       "Above zero: raise streams.max, or a sender makes up model names."},
      {Metric::kBuildInfo,
       "reasonwatch_build_info",
       kGauge,
       "info",
       {"version"},
       "1, with the version of the daemon as a label.",
       "Which version runs where."},
  };
}

}  // namespace reasonwatch
