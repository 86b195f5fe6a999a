// SPDX-License-Identifier: Apache-2.0
// The one port through which the workers of the pipeline report: to metrics,
// the log, the rescorer, the webhook and the board of snapshots, which
// daemon/app joins with an ObserverList.
//
// Every method is called by the workers of all shards at once, so an observer
// is thread-safe. It never waits: a worker that waits drops responses. Each
// method does nothing unless it is overridden. References are valid for the
// call only.
#ifndef REASONWATCH_DAEMON_PIPELINE_OBSERVER_H_
#define REASONWATCH_DAEMON_PIPELINE_OBSERVER_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/snapshot.h"
#include "core/stage.h"

namespace reasonwatch {

struct Scored;

// The filling of a shard's queue.
struct QueueState {
  int shard = 0;
  int64_t records = 0;
  int64_t capacity = 0;  // records
  int64_t bytes = 0;
};

// A write that the store did not accept.
enum class StoreWrite : uint8_t {
  kState,       // a model's checkpoint; the subject is the model
  kCheckpoint,  // the time of the last whole checkpoint; no subject
  kIncident,    // the subject is the incident's id
  kModelEvent,  // the subject is the model
  kProblems,    // the subject is the model
  kFact         // the subject is the fact's name
};

class PipelineObserver {
 public:
  virtual ~PipelineObserver() = default;

  // Records that have entered a stage.
  virtual void OnRecords(Stage /*stage*/, int64_t /*n*/) {}
  virtual void OnError(Stage /*stage*/, std::string_view /*reason*/,
                       int64_t /*n*/) {}
  virtual void OnDropped(Stage /*stage*/, DropReason /*reason*/,
                         int64_t /*n*/) {}
  // The time that a stage took for one response.
  virtual void OnStageTime(Stage /*stage*/, absl::Duration /*duration*/) {}
  // The worker of a stage lives.
  virtual void OnHeartbeat(Stage /*stage*/, absl::Time /*now*/) {}
  // Once in each interval of snapshots.
  virtual void OnQueue(const QueueState& /*queue*/) {}

  // Every response that left the evaluator. `watched`: it is scored, and its
  // stream is one of those that are watched; a repeat is found later. A stream
  // that is not watched is known as model and route `other` only.
  virtual void OnScored(const Scored& /*scored*/, ResponseOutcome /*outcome*/,
                        bool /*watched*/) {}
  // Every event of an incident.
  virtual void OnIncident(const IncidentEvent& /*event*/) {}
  // Live traffic shows another engine, build, set of weights or template.
  virtual void OnModelEvent(const ModelEvent& /*event*/) {}
  // The share of responses without a known format: once in each interval of
  // snapshots, and whenever its notice opens or closes.
  virtual void OnUnknownFormat(const std::string& /*model*/,
                               const UnknownFormatSnapshot& /*format*/) {}
  // The same of responses whose token counts their text contradicts.
  virtual void OnCountsDiffer(const std::string& /*model*/,
                              const CountsDifferSnapshot& /*counts*/) {}
  // Once in each interval of snapshots.
  virtual void OnStream(const StreamSnapshot& /*snapshot*/) {}
  // The stream's reference is gone: its last snapshot no longer holds.
  virtual void OnStreamReset(const std::string& /*model*/,
                             const std::string& /*route*/) {}

  // The operator wants the model's change: nothing learnt of it before is a
  // measure any more. Called by Shards::Accept() itself, not by a worker.
  virtual void OnAccepted(const std::string& /*model*/) {}
  // The worker has closed `closed` incidents of an accepted change, and learns
  // the model anew.
  virtual void OnReferenceAnew(const std::string& /*model*/, size_t /*closed*/,
                               const std::string& /*evidence*/) {}
  // A golden reference could not be read; the model begins with none.
  virtual void OnBaselineUnreadable(const std::string& /*model*/,
                                    const absl::Status& /*why*/) {}
  virtual void OnNotStored(StoreWrite /*write*/, std::string_view /*subject*/,
                           const absl::Status& /*why*/) {}
};

// Passes every report to each of its observers, in their order.
class ObserverList : public PipelineObserver {
 public:
  // Before the workers start. `observer` must outlive the list.
  void Add(PipelineObserver& observer) { observers_.push_back(&observer); }

  void OnRecords(Stage stage, int64_t n) override {
    for (PipelineObserver* o : observers_) o->OnRecords(stage, n);
  }
  void OnError(Stage stage, std::string_view reason, int64_t n) override {
    for (PipelineObserver* o : observers_) o->OnError(stage, reason, n);
  }
  void OnDropped(Stage stage, DropReason reason, int64_t n) override {
    for (PipelineObserver* o : observers_) o->OnDropped(stage, reason, n);
  }
  void OnStageTime(Stage stage, absl::Duration duration) override {
    for (PipelineObserver* o : observers_) o->OnStageTime(stage, duration);
  }
  void OnHeartbeat(Stage stage, absl::Time now) override {
    for (PipelineObserver* o : observers_) o->OnHeartbeat(stage, now);
  }
  void OnQueue(const QueueState& queue) override {
    for (PipelineObserver* o : observers_) o->OnQueue(queue);
  }
  void OnScored(const Scored& scored, ResponseOutcome outcome,
                bool watched) override {
    for (PipelineObserver* o : observers_)
      o->OnScored(scored, outcome, watched);
  }
  void OnIncident(const IncidentEvent& event) override {
    for (PipelineObserver* o : observers_) o->OnIncident(event);
  }
  void OnModelEvent(const ModelEvent& event) override {
    for (PipelineObserver* o : observers_) o->OnModelEvent(event);
  }
  void OnUnknownFormat(const std::string& model,
                       const UnknownFormatSnapshot& format) override {
    for (PipelineObserver* o : observers_) o->OnUnknownFormat(model, format);
  }
  void OnCountsDiffer(const std::string& model,
                      const CountsDifferSnapshot& counts) override {
    for (PipelineObserver* o : observers_) o->OnCountsDiffer(model, counts);
  }
  void OnStream(const StreamSnapshot& snapshot) override {
    for (PipelineObserver* o : observers_) o->OnStream(snapshot);
  }
  void OnStreamReset(const std::string& model,
                     const std::string& route) override {
    for (PipelineObserver* o : observers_) o->OnStreamReset(model, route);
  }
  void OnAccepted(const std::string& model) override {
    for (PipelineObserver* o : observers_) o->OnAccepted(model);
  }
  void OnReferenceAnew(const std::string& model, size_t closed,
                       const std::string& evidence) override {
    for (PipelineObserver* o : observers_)
      o->OnReferenceAnew(model, closed, evidence);
  }
  void OnBaselineUnreadable(const std::string& model,
                            const absl::Status& why) override {
    for (PipelineObserver* o : observers_) o->OnBaselineUnreadable(model, why);
  }
  void OnNotStored(StoreWrite what, std::string_view subject,
                   const absl::Status& why) override {
    for (PipelineObserver* o : observers_) o->OnNotStored(what, subject, why);
  }

 private:
  std::vector<PipelineObserver*> observers_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_OBSERVER_H_
