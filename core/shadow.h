// SPDX-License-Identifier: Apache-2.0
// The evidence that rose and did not have to fire: of signals in shadow mode,
// and of budgets of false alarms that are not in force. Plain values.
#ifndef REASONWATCH_CORE_SHADOW_H_
#define REASONWATCH_CORE_SHADOW_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/signal.h"

namespace reasonwatch {

// A budget of false alarms. Thresholds are inversely proportional to `rate`.
struct AlarmBudget {
  bool per_responses = false;  // else per time
  // False alarms in 30 days; per_responses: in a million responses of a stream.
  double rate = 4;
  bool operator==(const AlarmBudget&) const = default;
};

// The rise of a signal's evidence on a stream, and its fall.
struct EvidenceRise {
  std::string model;
  std::string route;
  Signal signal = Signal::kLengthCollapse;
  bool shadow = false;  // the signal was in shadow mode
  absl::Time began = absl::InfinitePast();
  absl::Time peaked = absl::InfinitePast();
  absl::Time ended = absl::InfiniteFuture();  // InfiniteFuture = not yet
  // Largest statistic over the warning threshold of the time; it fires from 1.
  double peak = 0;
  AlarmBudget budget;  // in force then
  bool open() const { return ended == absl::InfiniteFuture(); }
};

// The incidents that a budget would have had.
struct ShadowRow {
  AlarmBudget budget;
  std::string words;  // "one false alarm a month"
  bool in_force = false;
  int64_t incidents = 0;         // of all signals
  int64_t shadow_incidents = 0;  // of those in shadow mode alone
};

struct ShadowReport {
  absl::Time since = absl::InfinitePast();  // nothing is known of before
  std::vector<ShadowRow> rows;              // the strictest first
  std::vector<EvidenceRise> rises;          // the newest first
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_SHADOW_H_
