// SPDX-License-Identifier: Apache-2.0
#include "tap/intake.h"

#include <cstddef>
#include <utility>

namespace reasonwatch {
namespace {

// Reasons of each kind; any more are counted as "other". Taps and sinks know
// about ten reasons, so this only bounds the memory of a mistake.
constexpr size_t kMaxReasons = 32;

void Count(std::map<std::string, int64_t>& counters, std::string_view reason,
           int64_t n) {
  const std::string key(reason);
  if (counters.size() >= kMaxReasons && !counters.contains(key)) {
    counters["other"] += n;
  } else {
    counters[key] += n;
  }
}

}  // namespace

TapIntake::TapIntake(TapContext context) : context_(std::move(context)) {}

TapOutcome TapIntake::Offer(Response&& response, int64_t bytes, Time arrived) {
  const TapOutcome outcome = context_.sink.Offer(std::move(response), bytes);
  if (outcome.accepted && context_.on_duration)
    context_.on_duration(
        absl::FromChrono(std::chrono::steady_clock::now() - arrived));
  MutexLock lock(mutex_);
  ++counters_.records;
  if (outcome.accepted) {
    ++counters_.accepted;
  } else {
    Count(counters_.dropped, outcome.dropped_reason, 1);
  }
  return outcome;
}

bool TapIntake::OfferPatiently(Response& response, int64_t bytes, Time arrived,
                               const RowPosition& position) {
  if (!context_.sink.OfferPatiently(response, bytes, position)) return false;
  if (context_.on_duration)
    context_.on_duration(
        absl::FromChrono(std::chrono::steady_clock::now() - arrived));
  MutexLock lock(mutex_);
  ++counters_.records;
  ++counters_.accepted;
  return true;
}

TapOutcome TapIntake::Reject(std::string_view error) {
  const TapOutcome outcome = {false, "invalid"};
  MutexLock lock(mutex_);
  ++counters_.records;
  Count(counters_.dropped, outcome.dropped_reason, 1);
  Count(counters_.errors, error, 1);
  return outcome;
}

void TapIntake::Ignore(std::string_view kind) {
  MutexLock lock(mutex_);
  Count(counters_.ignored, kind, 1);
}

void TapIntake::CountError(std::string_view error, int64_t n) {
  MutexLock lock(mutex_);
  Count(counters_.errors, error, n);
}

TapCounters TapIntake::Counters() const {
  MutexLock lock(mutex_);
  return counters_;
}

}  // namespace reasonwatch
