// What asking the model again has shown, and the jobs that ask.
#ifndef REASONWATCH_CORE_VERDICT_H_
#define REASONWATCH_CORE_VERDICT_H_

#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace reasonwatch {

// Persisted and exported names stand in VerdictName().
enum class VerdictKind : uint8_t {
  kUndecided,      // asked, and neither bound was reached
  kConfirmed,      // the loss is there when asked again
  kNotReproduced,  // it is not
  kUnavailable     // nobody could be asked in time
};
std::string_view VerdictName(VerdictKind kind);

// What a re-run is paid for; each is 1 or 0. Persisted names stand in
// RewardName().
enum class Reward : uint8_t {
  kOutcome,   // the answer is right
  kFormat,    // marked as the healthy model marks, nothing broken
  kNotShort,  // at least half the reasoning of the problem's baseline
  kNotLong,   // at most twice as much
  kCount
};
inline constexpr int kRewardCount = static_cast<int>(Reward::kCount);
std::string_view RewardName(Reward reward);

// The same problems with the same seeds, asked in another way.
struct Difference {
  std::string name;  // the way: "fresh_cache", "unstreamed", ...
  // Mean reward of this way less that of the incident's way, in [-1, 1], with
  // an interval of 95 % over all ways together.
  double value = 0;
  double low = 0;
  double high = 0;
  int32_t pairs = 0;
  // What it names as the cause where the interval is above 0; else "".
  std::string cause;
};

enum class RescoreTrigger : uint8_t {
  kIncident,  // a sample of the baseline, for an incident of form or length
  kFailure,   // this problem was failed live
  kNear,      // a near neighbour of it showed a symptom
  kCanary,    // on schedule
  kManual
};
std::string_view RescoreTriggerName(RescoreTrigger trigger);

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
  uint64_t problem = 0;  // 0 = pooled over the incident's problems
  // "" where the kind says all, else why: "gate_shut", "budget", "no_problem",
  // "no_endpoint", "few_trials", "cap", or the name of a client's error.
  std::string reason;
  Reward reward = Reward::kOutcome;  // the one that weighs most
  double bayes_factor = 1;           // for a loss, against none
  int32_t samples = 0;
  int32_t failures = 0;
  double pass_rate = 0;           // of the samples; NaN without any
  double baseline_pass_rate = 0;  // of the same problems when healthy
  // Of the group: mean and deviation of its rewards, and the group-relative
  // advantage of the live response that started it. No advantage = the group
  // was all alike, or no live response stands behind it.
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
  // and while all was well. "" = the endpoint does not tell.
  std::string template_hash;
  std::string healthy_template_hash;
  // Of the re-runs, and of the model while all was well; supports, never pages.
  JudgedChains judged;
  JudgedChains healthy_judged;
  // Of each problem of the incident that was asked again, as its baseline was.
  // Not kept.
  std::vector<ProblemOutcome> outcomes;
  // What it was asked for; kCanary: it opens and closes its incident. Not kept.
  RescoreTrigger trigger = RescoreTrigger::kIncident;
};

// Rewards are 1, 0, or -1 where the response did not say.
struct RescoreSample {
  int32_t index = 0;
  std::string way;  // "" = as the baseline was asked; else a Difference's name
  absl::Time time = absl::InfinitePast();
  std::array<int8_t, kRewardCount> rewards = {-1, -1, -1, -1};
  int64_t tokens = 0;  // output tokens that were paid
};

// One group: a problem, asked again up to `limit` times.
struct RescoreJob {
  std::string id;  // "rw-" + 12 hex digits of what asks for it: asked once
  std::string incident;
  std::string model;
  uint64_t problem = 0;
  RescoreTrigger trigger = RescoreTrigger::kManual;
  absl::Time created = absl::InfinitePast();
  absl::Time finished = absl::InfiniteFuture();
  int32_t limit = 16;
  std::string result;  // name of the verdict when finished; else ""
  std::string reason;
  std::vector<RescoreSample> samples;  // in the order of index
  bool done() const { return finished != absl::InfiniteFuture(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_VERDICT_H_
