// SPDX-License-Identifier: Apache-2.0
// The result of asking the model again.
#ifndef REASONWATCH_CORE_VERDICT_H_
#define REASONWATCH_CORE_VERDICT_H_

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "util/enum_names.h"

namespace reasonwatch {

enum class VerdictKind : uint8_t {
  kUndecided,      // asked, and neither bound was reached
  kConfirmed,      // the loss is there when asked again
  kNotReproduced,  // it is not, under the conditions in which it failed
  kUnavailable,    // nobody could be asked in time
  // It is not when one question is asked at a time; the conditions in which it
  // failed could not all be asked (Difference::untried), so nothing is cleared.
  kNotReproducedAlone
};

inline constexpr EnumNames<VerdictKind, 5> kVerdictNames = {
    {"undecided", "confirmed", "not_reproduced", "unavailable",
     "not_reproduced_alone"}};
static_assert(AllNamed(kVerdictNames));
inline std::string_view VerdictName(VerdictKind kind) {
  return NameOf(kVerdictNames, kind);
}

// The qualities that a re-run is rewarded for; each is 1 or 0.
enum class Reward : uint8_t {
  kOutcome,   // the answer is right
  kFormat,    // marked as the healthy model marks, nothing broken
  kNotShort,  // at least half the reasoning of the problem's baseline
  kNotLong,   // at most twice as much
  kCount
};
inline constexpr int kRewardCount = static_cast<int>(Reward::kCount);

inline constexpr EnumNames<Reward, kRewardCount> kRewardNames = {
    {"outcome", "format", "not_short", "not_long"}};
static_assert(AllNamed(kRewardNames));
inline std::string_view RewardName(Reward reward) {
  return NameOf(kRewardNames, reward);
}

// The same problems with the same seeds, asked in another way.
struct Difference {
  std::string name;  // the way: "fresh_cache", "unstreamed", ...
  // Mean reward of this way less that of the incident's way, in [-1, 1], with
  // an interval of 95 % over all ways together.
  double value = 0;
  double low = 0;
  double high = 0;
  int32_t pairs = 0;
  // The cause that it names if the way carries the loss; else "".
  std::string cause = "";
  // Why a way that the failure's conditions need was not asked to its end:
  // "no_address", "no_room", "slow", "cap", "off", or the name of an error.
  // "" = it was, or nothing needs it.
  std::string untried = "";
};

enum class RescoreTrigger : uint8_t {
  kIncident,  // a sample of the baseline, for an incident of form or length
  kFailure,   // this problem was failed live
  kNear,      // a near neighbour of it showed a symptom
  kCanary,    // on schedule
  kManual
};
inline constexpr EnumNames<RescoreTrigger, 5> kRescoreTriggerNames = {
    {"incident", "failure", "near", "canary", "manual"}};
static_assert(AllNamed(kRescoreTriggerNames));
inline std::string_view RescoreTriggerName(RescoreTrigger trigger) {
  return NameOf(kRescoreTriggerNames, trigger);
}

// Chains that a judge model has rated, and those under 4 of 6.
struct JudgedChains {
  int32_t rated = 0;
  int32_t low = 0;
};

// How often a problem was solved: while healthy, and when it was asked again.
struct ProblemOutcome {
  uint64_t problem = 0;  // digest
  int32_t trials_before = 0;
  int32_t passed_before = 0;
  int32_t trials_now = 0;
  int32_t passed_now = 0;
};

struct Verdict {
  VerdictKind kind = VerdictKind::kUndecided;
  std::string incident;  // "" = of one problem, by hand or by a canary
  std::string model;
  // Number of the verdict, given by the rescorer and growing; 0 = none. The
  // incident echoes it once the verdict has reached it. Not stored.
  uint64_t sequence = 0;
  uint64_t problem = 0;  // 0 = pooled over the incident's problems
  // "" if the kind says all, else why: "gate_shut", "budget", "slow",
  // "no_problem", "no_endpoint", "no_canaries", "too_many", "few_trials",
  // "cap", or the name of a client's error.
  std::string reason;
  Reward reward = Reward::kOutcome;  // the one that weighs most
  double bayes_factor = 1;           // for a loss, against none
  int32_t samples = 0;
  int32_t failures = 0;
  double pass_rate = 0;           // of the samples; NaN without any
  double baseline_pass_rate = 0;  // of the same problems when healthy
  // For the group: mean and deviation of its rewards, and the group-relative
  // advantage of the live response that started it. No advantage = the group
  // was all alike, or no live response started it.
  double group_mean = 0;
  double group_deviation = 0;
  std::optional<double> advantage;
  // Statistic of the incident when the verdict came.
  double statistic = 0;
  absl::Time time = absl::InfinitePast();
  std::vector<Difference> differences;
  // p-value of log-probabilities on fixed prompts against those of before the
  // incident; NaN = not compared.
  double fingerprint_p = std::numeric_limits<double>::quiet_NaN();
  // A fixed conversation as the endpoint's template renders it, hashed: now,
  // and while all was well. "" = the endpoint does not say.
  std::string template_hash;
  std::string healthy_template_hash;
  // Chains of the re-runs, and of the model while all was well; supports, never
  // pages.
  JudgedChains judged;
  JudgedChains healthy_judged;
  // One for each problem of the incident that was asked again as its baseline
  // was. Not stored.
  std::vector<ProblemOutcome> outcomes;
  // Why it was asked; kCanary: it opens and closes its incident. Not stored.
  RescoreTrigger trigger = RescoreTrigger::kIncident;
  // The verdict was emitted before and comes once more, with more differences.
  // Not stored.
  bool again = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_VERDICT_H_
