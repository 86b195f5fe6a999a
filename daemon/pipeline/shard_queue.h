// SPDX-License-Identifier: Apache-2.0
// The work of a shard that waits for its worker: responses, bounded, and tasks.
//
// Offer() never waits: a full queue drops and counts. The queue is full or not
// before the response is looked at, so that a drop does not depend on
// the response's size; otherwise a loss would look like a change of length.
//
// Thread-safe; one thread, the worker, calls Drain().
#ifndef REASONWATCH_DAEMON_PIPELINE_SHARD_QUEUE_H_
#define REASONWATCH_DAEMON_PIPELINE_SHARD_QUEUE_H_

#include <array>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <stop_token>
#include <vector>

#include "core/response.h"
#include "daemon/pipeline/observer.h"
#include "tap/sink.h"
#include "util/mutex.h"

namespace reasonwatch {

// Share of the last 1,000 offers that were lost. Not thread-safe.
class LossGuard {
 public:
  void Count(bool lost);
  // Over 2 % were lost.
  bool low_coverage() const;

 private:
  static constexpr size_t kWindow = 1000;  // responses
  // Findings on incomplete traffic say so above this share. A queue that is
  // full for a moment loses less.
  static constexpr double kTolerated = .02;

  std::array<uint8_t, kWindow> ring_{};
  size_t next_ = 0;
  int lost_ = 0;
};

class ShardQueue {
 public:
  using Task = std::function<void()>;
  struct Queued {
    Response response;
    int64_t bytes = 0;
    RowPosition position = {};
    Task task = nullptr;  // set: this is no response, but a task in its place
  };
  struct Batch {
    std::vector<Queued> responses;  // at most 64
    std::deque<Task> tasks;         // run them first
    bool low_coverage = false;      // over 2 % of the last offers were lost
  };

  // Full if either bound is reached.
  ShardQueue(int64_t max_records, int64_t max_bytes)
      : max_records_(max_records), max_bytes_(max_bytes) {}

  TapOutcome Offer(Response&& response, int64_t bytes);
  // Like TapSink::OfferPatiently().
  bool OfferPatiently(Response& response, int64_t bytes,
                      const RowPosition& position);
  // Tasks are never dropped.
  void Post(Task task);
  // The same, run behind everything that was offered before.
  void PostBehind(Task task);

  // Fills `batch` with the waiting work, at once or after at most `patience`;
  // it may stay empty. `pending`: responses that the worker itself still holds.
  // False: `stop` was requested and nothing waits.
  bool Drain(const std::stop_token& stop, absl::Duration patience,
             size_t pending, Batch& batch);
  // After a request to stop: ends the wait of Drain().
  void WakeUp();
  // Waits until the worker has nothing left to do, and holds nothing.
  void WaitUntilIdle();

  int64_t waiting() const;
  // Its records and bytes; the rest is the owner's.
  QueueState State() const;

 private:
  bool Full() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return queue_.size() >= static_cast<size_t>(max_records_) ||
           queued_bytes_ >= max_bytes_;
  }

  const int64_t max_records_;
  const int64_t max_bytes_;
  mutable Mutex mutex_;
  std::condition_variable_any wake_;
  std::condition_variable_any idle_;
  std::deque<Queued> queue_ ABSL_GUARDED_BY(mutex_);
  std::deque<Task> tasks_ ABSL_GUARDED_BY(mutex_);
  int64_t queued_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  LossGuard losses_ ABSL_GUARDED_BY(mutex_);
  bool busy_ ABSL_GUARDED_BY(mutex_) = false;
  size_t pending_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_SHARD_QUEUE_H_
