// SPDX-License-Identifier: Apache-2.0
// Joins the observers of the pipeline's workers: metrics, log, re-scoring,
// webhook, the board of snapshots, the desk of incidents and the counts of
// coverage.
#ifndef REASONWATCH_DAEMON_APP_OBSERVERS_H_
#define REASONWATCH_DAEMON_APP_OBSERVERS_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "core/selftest.h"
#include "daemon/app/incident_desk.h"
#include "daemon/app/pipeline_log.h"
#include "daemon/app/pipeline_metrics.h"
#include "daemon/app/rescoring_service.h"
#include "daemon/notify/webhook.h"
#include "daemon/pipeline/observer.h"
#include "daemon/pipeline/snapshot_board.h"
#include "daemon/telemetry/telemetry.h"

namespace reasonwatch {

struct Scored;

// Passes reports on to re-scoring and to the webhook. Thread-safe as long as
// both pointers keep their values while workers run. Both may be null.
class EventForwarder : public PipelineObserver {
 public:
  // Must outlive the forwarder; read at every report.
  EventForwarder(const std::unique_ptr<RescoreService>& rescoring,
                 const std::unique_ptr<Webhook>& webhook)
      : rescoring_(rescoring), webhook_(webhook) {}

  void OnScored(const Scored& scored, ResponseOutcome outcome,
                bool watched) override;
  void OnIncident(const IncidentEvent& event) override {
    if (event.incident.model == kSelftestModel) return;
    if (rescoring_ != nullptr) rescoring_->rescorer().Observe(event.incident);
    if (webhook_ != nullptr) webhook_->Observe(event);
  }
  void OnAccepted(const std::string& model) override {
    if (rescoring_ != nullptr) rescoring_->rescorer().Forget(model);
  }

 private:
  const std::unique_ptr<RescoreService>& rescoring_;
  const std::unique_ptr<Webhook>& webhook_;
};

// The counts by which the coverage of taps is measured.
class SeenCounter : public PipelineObserver {
 public:
  void OnScored(const Scored& scored, ResponseOutcome outcome,
                bool watched) override;
  void OnDropped(Stage /*stage*/, DropReason reason, int64_t n) override {
    if (reason == DropReason::kDuplicate)
      uncounted_.fetch_add(n, std::memory_order_relaxed);
  }

  // Responses that are no requests of their own: repeats, and further choices.
  int64_t uncounted() const { return uncounted_; }
  // Output tokens; those of repeats may be among them.
  int64_t tokens() const { return tokens_; }

 private:
  std::atomic<int64_t> uncounted_ = 0;
  std::atomic<int64_t> tokens_ = 0;
};

class Observers {
 public:
  // All must outlive the observers.
  Observers(Telemetry& telemetry,
            const std::unique_ptr<RescoreService>& rescoring,
            const std::unique_ptr<Webhook>& webhook, IncidentDesk& desk)
      : metrics_(telemetry), forwarder_(rescoring, webhook) {
    all_.Add(desk);
    all_.Add(metrics_);
    all_.Add(log_);
    all_.Add(forwarder_);
    all_.Add(board_);
    all_.Add(seen_);
  }

  // Before the workers start; `observer` must outlive the observers.
  void Add(PipelineObserver& observer) { all_.Add(observer); }
  PipelineObserver& all() { return all_; }
  const SnapshotBoard& board() const { return board_; }
  const SeenCounter& seen() const { return seen_; }

 private:
  PipelineMetrics metrics_;
  PipelineLog log_;
  EventForwarder forwarder_;
  SnapshotBoard board_;
  SeenCounter seen_;
  ObserverList all_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_OBSERVERS_H_
