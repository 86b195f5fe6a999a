// SPDX-License-Identifier: Apache-2.0
// The verdict over groups of re-runs: one problem, or all problems of an
// incident together.
//
// Sequential and pure: the same samples in the same order give the same
// verdict. If several rewards are asked for, the Bayes factor is the mean of
// theirs: a mean of Bayes factors is one, so the bound on false confirms holds.
#ifndef REASONWATCH_RESCORE_STATISTICS_GROUP_H_
#define REASONWATCH_RESCORE_STATISTICS_GROUP_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/rescore_job.h"
#include "core/signal.h"
#include "core/verdict.h"
#include "rescore/problem_set.h"
#include "rescore/statistics/bayes_factor.h"

namespace reasonwatch {

// A set of rewards, one bit each.
using RewardSet = uint32_t;
constexpr RewardSet SetOf(Reward reward) {
  return 1u << static_cast<int>(reward);
}

// The rewards that can confirm a signal: its own reward if it is about form or
// length, and the outcome always, since a model that fails has lost more than
// form.
RewardSet RewardsFor(Signal signal);

struct GroupStatistics {
  int32_t count = 0;
  double mean = 0;
  double deviation = 0;  // of the population
};
GroupStatistics StatisticsOf(const std::vector<RescoreSample>& samples,
                             Reward reward);
// The group-relative advantage of the live response, as in GRPO (Shao et al.
// 2024): (reward - mean) / (deviation + 1e-8). None if all rewards of the group
// are alike: it has no advantage then, not a small one.
std::optional<double> Advantage(const GroupStatistics& group, double reward);

// A problem and the job with its samples. Pointers outlive the call.
struct GroupView {
  const RescoreProblem* problem = nullptr;
  const RescoreJob* job = nullptr;
};

// Passed and failed samples of each problem that has any, by the answers alone.
std::vector<ProblemOutcome> OutcomesOf(const std::vector<GroupView>& groups);

// Under so many comparable trials, over all problems together, the healthy rate
// is unknown.
inline constexpr int kFewestTrials = 8;

// Names of ways to ask, as in RescoreSample::way.
inline constexpr char kFreshCache[] = "fresh_cache";
inline constexpr char kReference[] = "reference";

// Whether the problems' baselines have enough trials for one of the rewards.
bool EnoughTrials(const std::vector<GroupView>& groups, RewardSet rewards);

// The verdict over one or several problems of a model. kUndecided without a
// reason: no bound is reached yet. kUndecided with one: no_problem, few_trials,
// cap. Sets everything but incident, problem, statistic and time.
//
// `comparison` names a way whose samples count as healthy trials besides those
// of the baseline; "" = none. With a fresh cache the same weights answer, so
// that way can confirm a loss and never clear it. `way`: the samples that are
// judged.
Verdict DecideVerdict(const ProblemSet& problems,
                      const std::vector<GroupView>& groups, RewardSet rewards,
                      const Bounds& bounds, int cap,
                      std::string_view comparison = "",
                      std::string_view way = "");

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_STATISTICS_GROUP_H_
