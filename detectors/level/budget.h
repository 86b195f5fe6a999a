// SPDX-License-Identifier: Apache-2.0
// From the false alarms an operator accepts to gamma, the mean number of
// responses between false alarms of one signal of one stream.
//
//   gamma_s = N_s S_level K_x / (B share)        or   gamma = G K_x / share
//
// N_s: responses of stream s in 30 days; S_level: streams of its level; B:
// accepted false incidents in 30 days; share: of the level (route 60 %, model
// 25 %, replica 15 %; a level that coincides with another gives its share to
// it). G: one false incident in G responses, whatever levels they are judged
// by. K_x of signal x is
// (sum of w over the enabled signals) / w_x, so that all of them together spend
// the budget. w is larger if evidence comes slowly and a tighter threshold
// costs most responses: 6 for consistency_regression, 2 for length_collapse and
// format_markers, 1 for the others of version 0.1.0, .15 for tool_call_invalid,
// structured_output and refusal, .05 for served_model_changed, of which a
// single bad response is strong evidence. Their sum is 16.5.
#ifndef REASONWATCH_DETECTORS_LEVEL_BUDGET_H_
#define REASONWATCH_DETECTORS_LEVEL_BUDGET_H_

#include <cstdint>

#include "absl/time/time.h"
#include "core/signal.h"
#include "detectors/level/thresholds.h"

namespace reasonwatch {

struct BudgetOptions {
  double critical_per_30_days = 1;
  double warning_per_30_days = 4;
  double fleet_share = 1;          // of the budget that this daemon may spend
  double mean_responses = 0;       // G; > 0 wins over the others
  uint32_t enabled_signals = ~0u;  // bit a Signal
};

// Which levels of a model are distinct.
struct LevelShape {
  bool several_routes = false;
  bool has_replicas = false;
};

// Share of the budget that a level gets, in (0, 1]; 0 for a level that
// coincides with another.
double LevelShare(Scope scope, const LevelShape& shape);

Thresholds SplitBudget(const BudgetOptions& options, Scope scope,
                       const LevelShape& shape, double responses_per_30_days,
                       int streams_of_level);

// Responses in 30 days: an average with a half-life of 7 days, 100,000 until
// 24 h were seen; re-read daily, raised at once, lowered by at most half a day.
class TrafficMeter {
 public:
  void Count(int64_t time_ns);
  double per_30_days() const { return published_; }
  // 0 until `seen` of the stream's own time was watched.
  double per_day(absl::Duration seen = absl::Hours(1)) const;

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, TrafficMeter& m);
  double Rate() const;

  double published_ = 100000;
  double weighted_count_ = 0;
  double weighted_days_ = 0;
  int64_t first_ns_ = 0;
  int64_t last_ns_ = 0;
  int64_t read_ns_ = 0;
  int64_t count_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_BUDGET_H_
