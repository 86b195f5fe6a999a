// SPDX-License-Identifier: Apache-2.0
#include "rescore/tally.h"

namespace reasonwatch {
namespace {

// More than there are names of failures; the client's are 19.
constexpr size_t kMaxNames = 32;

}  // namespace

void RescoreTally::Count(std::map<std::string, int64_t> RescoreCounters::*which,
                         std::string_view name) {
  MutexLock lock(mutex_);
  auto& counts = counters_.*which;
  const std::string key(name);
  ++counts[counts.size() < kMaxNames || counts.contains(key) ? key : "other"];
}

void RescoreTally::Add(int64_t RescoreCounters::*which, int64_t count) {
  MutexLock lock(mutex_);
  counters_.*which += count;
}

void RescoreTally::SetGate(bool room) {
  MutexLock lock(mutex_);
  counters_.gate_open = room;
}

void RescoreTally::SetBlocked(std::string_view why, absl::Time until) {
  MutexLock lock(mutex_);
  counters_.blocked = why;
  counters_.blocked_until = until;
}

void RescoreTally::SetLoadError(std::string_view error) {
  MutexLock lock(mutex_);
  counters_.load_error = error;
}

std::string RescoreTally::Blocked() const {
  MutexLock lock(mutex_);
  return counters_.blocked;
}

void RescoreTally::SetQueue(int64_t jobs, std::pair<int, int> progress) {
  MutexLock lock(mutex_);
  counters_.queued = jobs;
  progress_ = progress;
}

RescoreCounters RescoreTally::Read() const {
  MutexLock lock(mutex_);
  return counters_;
}

std::pair<int, int> RescoreTally::Progress() const {
  MutexLock lock(mutex_);
  return progress_;
}

}  // namespace reasonwatch
