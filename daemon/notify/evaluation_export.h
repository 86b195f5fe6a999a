// SPDX-License-Identifier: Apache-2.0
// Sends judgements of responses to the operator's collector, in batches.
//
// The queue holds kMaxWaiting events; further ones are dropped and counted. A
// batch has at most kMaxBatch events and leaves a second after its first one. A
// batch that fails is sent again, kAttempts times in all with longer and longer
// pauses, and is then lost and counted. The events that wait when the daemon
// ends are sent once more, without pauses.
//
// This room knows no form of a body and no HTTP: the POST is a function that
// the daemon joins to it.
#ifndef REASONWATCH_DAEMON_NOTIFY_EVALUATION_EXPORT_H_
#define REASONWATCH_DAEMON_NOTIFY_EVALUATION_EXPORT_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/evaluation_event.h"
#include "util/mutex.h"

namespace reasonwatch {

struct EvaluationPorts {
  // Sends one batch. Called by the exporter's thread, as is `on_failure`, after
  // a batch was lost.
  std::function<absl::Status(const std::vector<EvaluationEvent>&)> post;
  std::function<void(const absl::Status& why, size_t lost)> on_failure;
};

// Thread-safe; never blocks its callers.
class EvaluationExport {
 public:
  static constexpr size_t kMaxWaiting = 4096;
  static constexpr size_t kMaxBatch = 256;
  static constexpr int kAttempts = 4;

  explicit EvaluationExport(EvaluationPorts ports,
                            absl::Duration gather = absl::Seconds(1),
                            absl::Duration first_pause = absl::Seconds(1));
  // Sends what waits, once.
  ~EvaluationExport();

  void Add(EvaluationEvent event);
  // "sent", "dropped" and "failed" events.
  std::map<std::string, int64_t> Counts() const;

 private:
  using Batch = std::vector<EvaluationEvent>;

  void Run(const std::stop_token& stop);
  // Waits for events; empty: the exporter ends.
  Batch Next(const std::stop_token& stop);
  void Send(const std::stop_token& stop, const Batch& batch);

  const EvaluationPorts ports_;
  const absl::Duration gather_;
  const absl::Duration first_pause_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::deque<EvaluationEvent> queue_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> counts_ ABSL_GUARDED_BY(mutex_);
  std::jthread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_NOTIFY_EVALUATION_EXPORT_H_
