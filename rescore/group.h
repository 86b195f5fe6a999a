// A group of re-runs of one problem, and the problems of an incident together.
//
// Sequential and pure: the same samples in the same order give the same answer.
// What weighs is a set of rewards: the Bayes factor of the whole is the mean of
// theirs, which keeps the bound on false confirms.
#ifndef REASONWATCH_RESCORE_GROUP_H_
#define REASONWATCH_RESCORE_GROUP_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "rescore/bayes_factor.h"
#include "rescore/problem_set.h"

namespace reasonwatch {

// Bit a Reward.
using RewardSet = uint32_t;
constexpr RewardSet SetOf(Reward reward) {
  return 1u << static_cast<int>(reward);
}

// Which rewards can bear a signal out: its own, and the outcome where the
// signal is about form or length (a model that fails has lost more than form).
RewardSet RewardsFor(Signal signal);

struct GroupStatistics {
  int32_t count = 0;
  double mean = 0;
  double deviation = 0;  // of the population
};
GroupStatistics StatisticsOf(const std::vector<RescoreSample>& samples,
                             Reward reward);
// (reward - mean) / (deviation + 1e-8) of the live response. None where the
// group is all alike: that is no signal, not a small one.
std::optional<double> Advantage(const GroupStatistics& group, double reward);

// A problem with its samples asked as the baseline was. Pointers outlive the
// call.
struct GroupView {
  const RescoreProblem* problem = nullptr;
  const RescoreJob* job = nullptr;
};

// By the answers alone, of those that were asked.
std::vector<ProblemOutcome> OutcomesOf(const std::vector<GroupView>& groups);

// Under so many comparable trials nothing is known of the healthy rate.
inline constexpr int kFewestTrials = 8;

// Names of ways to ask, as in RescoreSample::way.
inline constexpr char kFreshCache[] = "fresh_cache";
inline constexpr char kReference[] = "reference";

// Whether the problems' baselines have enough trials for one of the rewards.
bool EnoughTrials(const std::vector<GroupView>& groups, RewardSet rewards);

// Verdict over one or several problems of a model; kUndecided with a reason
// where it has none. Everything but incident, problem, statistic and time.
//
// `comparison` names a way whose samples count as healthy trials besides those
// of the baseline; "" = none. Without a cache the same weights answer, so that
// way can bear a loss out and never clear it.
Verdict Judge(const ProblemSet& problems, const std::vector<GroupView>& groups,
              RewardSet rewards, const Bounds& bounds, int cap,
              std::string_view comparison = "");

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_GROUP_H_
