// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/shard_queue.h"

#include <thread>
#include <utility>

#include "core/stage.h"

namespace reasonwatch {
namespace {

// Responses in one batch: enough that the lock costs nothing, few enough that
// tasks (verdicts, grades) wait under a millisecond.
constexpr size_t kBatch = 64;
// Waking a thread costs tens of microseconds, more than the work on one
// response, so a worker that was woken lets some more come.
constexpr absl::Duration kGather = absl::Microseconds(500);

}  // namespace

void LossGuard::Count(bool lost) {
  uint8_t& slot = ring_[next_];
  next_ = (next_ + 1) % kWindow;
  lost_ += lost - slot;
  slot = lost;
}

bool LossGuard::low_coverage() const {
  return lost_ > kTolerated * static_cast<double>(kWindow);
}

TapOutcome ShardQueue::Offer(Response&& response, int64_t bytes) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    // Full before this response is looked at, whatever its size.
    const bool full = Full();
    losses_.Count(full);
    if (full) return {false, DropReasonName(DropReason::kQueueFull)};
    wake = queue_.empty();
    queued_bytes_ += bytes;
    queue_.push_back({std::move(response), bytes});
  }
  // Otherwise the worker is awake and will look again.
  if (wake) wake_.notify_one();
  return {true, ""};
}

bool ShardQueue::OfferPatiently(Response& response, int64_t bytes,
                                const RowPosition& position) {
  bool wake = false;
  {
    MutexLock lock(mutex_);
    if (Full()) return false;
    losses_.Count(false);
    wake = queue_.empty();
    queued_bytes_ += bytes;
    queue_.push_back({std::move(response), bytes, position});
  }
  if (wake) wake_.notify_one();
  return true;
}

void ShardQueue::PostBehind(Task task) {
  {
    MutexLock lock(mutex_);
    queue_.push_back({Response(), 0, {}, std::move(task)});
  }
  wake_.notify_one();
}

void ShardQueue::Post(Task task) {
  {
    MutexLock lock(mutex_);
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

bool ShardQueue::Drain(const std::stop_token& stop, absl::Duration patience,
                       size_t pending, Batch& batch) {
  batch.responses.clear();
  batch.tasks.clear();
  mutex_.Lock();
  busy_ = false;
  pending_ = pending;
  if (queue_.empty() && tasks_.empty()) {
    idle_.notify_all();
    if (stop.stop_requested()) {
      mutex_.Unlock();
      return false;
    }
    wake_.wait_for(mutex_, absl::ToChronoMilliseconds(patience));
    if (!queue_.empty() && queue_.size() < kBatch) {
      mutex_.Unlock();
      std::this_thread::sleep_for(absl::ToChronoMicroseconds(kGather));
      mutex_.Lock();
    }
  }
  while (!queue_.empty() && batch.responses.size() < kBatch) {
    queued_bytes_ -= queue_.front().bytes;
    batch.responses.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  tasks_.swap(batch.tasks);
  batch.low_coverage = losses_.low_coverage();
  busy_ = true;
  mutex_.Unlock();
  return true;
}

void ShardQueue::WakeUp() {
  {
    // The worker is now either before its check or already waiting.
    MutexLock lock(mutex_);
  }
  wake_.notify_all();
}

void ShardQueue::WaitUntilIdle() {
  mutex_.Lock();
  while (!queue_.empty() || !tasks_.empty() || busy_ || pending_ > 0)
    idle_.wait(mutex_);
  mutex_.Unlock();
}

int64_t ShardQueue::waiting() const {
  MutexLock lock(mutex_);
  return static_cast<int64_t>(queue_.size());
}

QueueState ShardQueue::State() const {
  QueueState state;
  state.capacity = max_records_;
  MutexLock lock(mutex_);
  state.records = static_cast<int64_t>(queue_.size());
  state.bytes = queued_bytes_;
  return state;
}

}  // namespace reasonwatch
