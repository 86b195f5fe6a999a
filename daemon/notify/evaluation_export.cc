// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify/evaluation_export.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace reasonwatch {

EvaluationExport::EvaluationExport(EvaluationPorts ports, absl::Duration gather,
                                   absl::Duration first_pause)
    : ports_(std::move(ports)),
      gather_(gather),
      first_pause_(first_pause),
      counts_({{"sent", 0}, {"dropped", 0}, {"failed", 0}}),
      thread_([this](const std::stop_token& stop) { Run(stop); }) {}

EvaluationExport::~EvaluationExport() {
  thread_.request_stop();
  thread_.join();
}

void EvaluationExport::Add(EvaluationEvent event) {
  {
    MutexLock lock(mutex_);
    if (queue_.size() >= kMaxWaiting) {
      ++counts_["dropped"];
      return;
    }
    queue_.push_back(std::move(event));
  }
  wake_.notify_one();
}

void EvaluationExport::Run(const std::stop_token& stop) {
  for (Batch batch = Next(stop); !batch.empty(); batch = Next(stop))
    Send(stop, batch);
}

EvaluationExport::Batch EvaluationExport::Next(const std::stop_token& stop) {
  MutexLock lock(mutex_);
  wake_.wait(mutex_, stop, [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
    return !queue_.empty();
  });
  wake_.wait_for(mutex_, stop, absl::ToChronoMilliseconds(gather_),
                 [this]() ABSL_NO_THREAD_SAFETY_ANALYSIS {
                   return queue_.size() >= kMaxBatch;
                 });
  const auto n =
      static_cast<std::ptrdiff_t>(std::min(queue_.size(), size_t{kMaxBatch}));
  Batch batch(std::make_move_iterator(queue_.begin()),
              std::make_move_iterator(queue_.begin() + n));
  queue_.erase(queue_.begin(), queue_.begin() + n);
  return batch;
}

void EvaluationExport::Send(const std::stop_token& stop, const Batch& batch) {
  absl::Duration pause = first_pause_;
  absl::Status status;
  for (int attempt = 1; attempt <= kAttempts; ++attempt) {
    status = ports_.post(batch);
    if (status.ok() || stop.stop_requested()) break;
    if (attempt == kAttempts) break;
    MutexLock lock(mutex_);
    wake_.wait_for(mutex_, stop, absl::ToChronoMilliseconds(pause),
                   [] { return false; });
    pause *= 4;
  }
  {
    MutexLock lock(mutex_);
    counts_[status.ok() ? "sent" : "failed"] +=
        static_cast<int64_t>(batch.size());
  }
  if (!status.ok()) ports_.on_failure(status, batch.size());
}

std::map<std::string, int64_t> EvaluationExport::Counts() const {
  MutexLock lock(mutex_);
  return counts_;
}

}  // namespace reasonwatch
