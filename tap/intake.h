// SPDX-License-Identifier: Apache-2.0
// The way from a tap to its sink, which counts and times every record, so that
// no tap has counters of its own.
#ifndef REASONWATCH_TAP_INTAKE_H_
#define REASONWATCH_TAP_INTAKE_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "core/response.h"
#include "core/tap_counters.h"
#include "tap/sink.h"
#include "tap/tap.h"
#include "util/mutex.h"

namespace reasonwatch {

// Thread-safe.
class TapIntake {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit TapIntake(TapContext context);

  // Offers one record, whose last byte came at `arrived`.
  TapOutcome Offer(Response&& response, int64_t bytes, Time arrived);
  // The same for a sender that can come again: false, and nothing is counted,
  // if there is no room.
  bool OfferPatiently(Response& response, int64_t bytes, Time arrived,
                      const RowPosition& position = {});
  // Counts one record that can't be read or used: dropped as "invalid", and an
  // error of this reason. `error` is one of a few constant names.
  TapOutcome Reject(std::string_view error);
  // Counts one exchange that is no response of a model, and that the source
  // can't leave out. `kind` is one of a few constant names.
  void Ignore(std::string_view kind);
  // Counts errors that are not the fate of one record: calls, repaired texts.
  void CountError(std::string_view error, int64_t n = 1);

  TapCounters Counters() const;

 private:
  const TapContext context_;
  mutable Mutex mutex_;
  TapCounters counters_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_INTAKE_H_
