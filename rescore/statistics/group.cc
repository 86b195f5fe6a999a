// SPDX-License-Identifier: Apache-2.0
// A verdict is decided in two steps: Weigh() takes the evidence of all problems
// for one reward, and DecideVerdict() averages the Bayes factors of the rewards
// and compares the mean with the bounds.
#include "rescore/statistics/group.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reasonwatch {
namespace {

struct Tally {
  int32_t count = 0;
  int32_t failures = 0;
};

Tally TallyOf(const RescoreJob& job, Reward reward, std::string_view way) {
  Tally tally;
  for (const RescoreSample& s : job.samples) {
    const int8_t value = s.rewards[static_cast<size_t>(reward)];
    if (s.way != way || value < 0) continue;
    ++tally.count;
    tally.failures += value == 0;
  }
  return tally;
}

// Add one failure to the prior only if a failed answer selected this problem.
bool ChosenForFailing(const RescoreJob& job, Reward reward) {
  return reward == Reward::kOutcome &&
         (job.trigger == RescoreTrigger::kFailure ||
          job.trigger == RescoreTrigger::kCanary);
}

int CountOfWay(const RescoreJob& job, std::string_view way) {
  return static_cast<int>(
      std::count_if(job.samples.begin(), job.samples.end(),
                    [&](const RescoreSample& s) { return s.way == way; }));
}

// All groups together, by one reward.
struct RewardEvidence {
  double bayes_factor = 1;
  Tally now;               // of the re-runs
  int healthy_trials = 0;  // of the baseline, and of the comparison
  // Failures that a healthy model would have had among the re-runs.
  double expected_failures = 0;
};

RewardEvidence Weigh(const std::vector<GroupView>& groups,
                     const FailurePosterior& prior, Reward reward,
                     std::string_view comparison, std::string_view way) {
  RewardEvidence evidence;
  LogFactors factors{};
  for (const GroupView& g : groups) {
    Trials healthy = g.problem->trials[static_cast<size_t>(reward)];
    if (!comparison.empty()) {
      const Tally compared = TallyOf(*g.job, reward, comparison);
      healthy.count += compared.count;
      healthy.failures += compared.failures;
    }
    evidence.healthy_trials += healthy.count;
    const Tally now = TallyOf(*g.job, reward, way);
    const LogFactors one = LogBayesFactors(
        PosteriorOf(prior, healthy, ChosenForFailing(*g.job, reward)),
        now.count, now.failures);
    for (size_t i = 0; i < one.size(); ++i) factors[i] += one[i];
    evidence.now.count += now.count;
    evidence.now.failures += now.failures;
    // The healthy rate itself, without the failure that selected the problem.
    evidence.expected_failures +=
        now.count *
        PosteriorOf(prior, healthy, /*chosen_for_failing=*/false).rate();
  }
  evidence.bayes_factor = BayesFactor(factors);
  return evidence;
}

}  // namespace

RewardSet RewardsFor(Signal signal) {
  return SetOf(kSignals[static_cast<size_t>(signal)].reward) |
         SetOf(Reward::kOutcome);
}

GroupStatistics StatisticsOf(const std::vector<RescoreSample>& samples,
                             Reward reward) {
  GroupStatistics g;
  double sum = 0;
  for (const RescoreSample& s : samples) {
    const int8_t value = s.rewards[static_cast<size_t>(reward)];
    if (!s.way.empty() || value < 0) continue;
    ++g.count;
    sum += value;
  }
  if (g.count == 0) return g;
  g.mean = sum / g.count;
  // The standard deviation of zeros and ones with this mean.
  g.deviation = std::sqrt(g.mean * (1 - g.mean));
  return g;
}

std::optional<double> Advantage(const GroupStatistics& group, double reward) {
  if (group.count == 0 || group.deviation == 0) return std::nullopt;
  return (reward - group.mean) / (group.deviation + 1e-8);
}

std::vector<ProblemOutcome> OutcomesOf(const std::vector<GroupView>& groups) {
  std::vector<ProblemOutcome> outcomes;
  for (const GroupView& g : groups) {
    const Tally now = TallyOf(*g.job, Reward::kOutcome, /*way=*/"");
    if (now.count == 0) continue;
    const Trials& before =
        g.problem->trials[static_cast<size_t>(Reward::kOutcome)];
    outcomes.push_back({g.problem->digest, before.count,
                        before.count - before.failures, now.count,
                        now.count - now.failures});
  }
  return outcomes;
}

bool EnoughTrials(const std::vector<GroupView>& groups, RewardSet rewards) {
  for (int i = 0; i < kRewardCount; ++i) {
    if ((rewards & SetOf(static_cast<Reward>(i))) == 0) continue;
    int trials = 0;
    for (const GroupView& g : groups)
      trials += g.problem->trials[static_cast<size_t>(i)].count;
    if (trials >= kFewestTrials) return true;
  }
  return false;
}

Verdict DecideVerdict(const ProblemSet& problems,
                      const std::vector<GroupView>& groups, RewardSet rewards,
                      const Bounds& bounds, int cap,
                      std::string_view comparison, std::string_view way) {
  Verdict v;
  v.pass_rate = std::numeric_limits<double>::quiet_NaN();
  v.baseline_pass_rate = std::numeric_limits<double>::quiet_NaN();
  if (groups.empty()) {
    v.reason = "no_problem";
    return v;
  }
  v.model = groups.front().problem->model;
  double sum = 0;
  int used = 0;
  double heaviest = -1;
  for (int i = 0; i < kRewardCount; ++i) {
    const auto reward = static_cast<Reward>(i);
    if ((rewards & SetOf(reward)) == 0) continue;
    const RewardEvidence evidence = Weigh(
        groups, problems.PriorOf(v.model, reward), reward, comparison, way);
    if (evidence.healthy_trials < kFewestTrials) continue;
    sum += evidence.bayes_factor;
    ++used;
    // The verdict shows the reward with the strongest evidence for a loss; as
    // long as there are no samples, the first.
    if (evidence.bayes_factor <= heaviest) continue;
    heaviest = evidence.bayes_factor;
    v.reward = reward;
    v.samples = evidence.now.count;
    v.failures = evidence.now.failures;
    if (v.samples > 0) {
      v.pass_rate = 1 - static_cast<double>(v.failures) / v.samples;
      v.baseline_pass_rate = 1 - evidence.expected_failures / v.samples;
    }
  }
  if (used == 0) {
    v.reason = "few_trials";
    return v;
  }
  v.bayes_factor = sum / used;
  v.kind = Decide(v.bayes_factor, v.failures, bounds);
  if (v.kind == VerdictKind::kNotReproduced && comparison == kFreshCache) {
    v.kind = VerdictKind::kUndecided;
    v.reason = "few_trials";
    return v;
  }
  int asked = 0;
  for (const GroupView& g : groups) asked += CountOfWay(*g.job, way);
  if (v.kind == VerdictKind::kUndecided && asked >= cap) v.reason = "cap";
  return v;
}

}  // namespace reasonwatch
