// SPDX-License-Identifier: Apache-2.0
// Metrics for the reports of the pipeline's workers.
#ifndef REASONWATCH_DAEMON_APP_PIPELINE_METRICS_H_
#define REASONWATCH_DAEMON_APP_PIPELINE_METRICS_H_

#include <string>
#include <string_view>

#include "daemon/pipeline/observer.h"
#include "daemon/telemetry/telemetry.h"

namespace reasonwatch {

// Thread-safe. `telemetry` must outlive it.
class PipelineMetrics : public PipelineObserver {
 public:
  explicit PipelineMetrics(Telemetry& telemetry) : telemetry_(telemetry) {}

  void OnRecords(Stage stage, int64_t n) override {
    telemetry_.CountStage(stage, n);
  }
  void OnError(Stage stage, std::string_view reason, int64_t n) override {
    telemetry_.CountStageError(stage, reason, n);
  }
  void OnDropped(Stage stage, DropReason reason, int64_t n) override {
    telemetry_.CountStageDropped(stage, reason, n);
  }
  void OnStageTime(Stage stage, absl::Duration duration) override {
    telemetry_.ObserveStageDuration(stage, duration);
  }
  void OnHeartbeat(Stage stage, absl::Time now) override {
    telemetry_.Heartbeat(stage, now);
  }
  void OnQueue(const QueueState& queue) override {
    telemetry_.SetQueue(queue.shard, queue.records, queue.capacity,
                        queue.bytes);
  }
  void OnScored(const Scored& scored, ResponseOutcome outcome,
                bool /*watched*/) override {
    telemetry_.ObserveResponse(scored, outcome);
  }
  void OnIncident(const IncidentEvent& event) override {
    telemetry_.SetIncident(event.incident);
  }
  void OnCountsDiffer(const std::string& model,
                      const CountsDifferSnapshot& counts) override {
    telemetry_.SetCountsDiffer(model, counts.ratio, counts.notice);
  }
  void OnUnknownFormat(const std::string& model,
                       const UnknownFormatSnapshot& format) override {
    telemetry_.SetUnknownFormat(model, format.ratio, format.notice);
  }
  void OnStream(const StreamSnapshot& snapshot) override {
    telemetry_.SetStream(snapshot);
  }
  // Its gauges go to those of a stream that has learnt nothing.
  void OnStreamReset(const std::string& model,
                     const std::string& route) override {
    StreamSnapshot empty;
    empty.model = model;
    empty.route = route;
    telemetry_.SetStream(empty);
  }

 private:
  Telemetry& telemetry_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_PIPELINE_METRICS_H_
