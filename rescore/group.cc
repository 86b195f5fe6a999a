#include "rescore/group.h"

#include <cmath>
#include <limits>

namespace reasonwatch {
namespace {

struct Tally {
  int32_t count = 0;
  int32_t failures = 0;
};

Tally TallyOf(const RescoreJob& job, Reward reward, std::string_view way = "") {
  Tally tally;
  for (const RescoreSample& s : job.samples) {
    const int8_t value = s.rewards[static_cast<size_t>(reward)];
    if (s.way != way || value < 0) continue;
    ++tally.count;
    tally.failures += value == 0;
  }
  return tally;
}

// What picked the problem was a failed answer, so only there is one counted.
bool ChosenForFailing(const RescoreJob& job, Reward reward) {
  return reward == Reward::kOutcome &&
         (job.trigger == RescoreTrigger::kFailure ||
          job.trigger == RescoreTrigger::kCanary);
}

}  // namespace

RewardSet RewardsFor(Signal signal) {
  const RewardSet outcome = SetOf(Reward::kOutcome);
  switch (signal) {
    case Signal::kLengthCollapse:
      return SetOf(Reward::kNotShort) | outcome;
    case Signal::kLengthRunaway:
      return SetOf(Reward::kNotLong) | outcome;
    case Signal::kFormatMarkers:
    case Signal::kRepetitionLoop:
    case Signal::kLanguageMixing:
    case Signal::kDecorativeSymbols:
    case Signal::kEmptyOrTruncated:
      return SetOf(Reward::kFormat) | outcome;
    case Signal::kConsistencyRegression:
    case Signal::kAnswerChainMismatch:
    case Signal::kCount:
      break;
  }
  return outcome;
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
  // Of zeros and ones.
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
    const Tally now = TallyOf(*g.job, Reward::kOutcome);
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

Verdict Judge(const ProblemSet& problems, const std::vector<GroupView>& groups,
              RewardSet rewards, const Bounds& bounds, int cap,
              std::string_view comparison) {
  Verdict v;
  v.pass_rate = std::numeric_limits<double>::quiet_NaN();
  v.baseline_pass_rate = std::numeric_limits<double>::quiet_NaN();
  int asked = 0;
  for (const GroupView& g : groups)
    for (const RescoreSample& s : g.job->samples) asked += s.way.empty();
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
    const FailurePosterior prior = problems.PriorOf(v.model, reward);
    LogFactors factors{};
    Tally all;
    int trials = 0;
    double expected = 0;
    for (const GroupView& g : groups) {
      Trials healthy = g.problem->trials[static_cast<size_t>(i)];
      if (!comparison.empty()) {
        const Tally compared = TallyOf(*g.job, reward, comparison);
        healthy.count += compared.count;
        healthy.failures += compared.failures;
      }
      trials += healthy.count;
      const Tally tally = TallyOf(*g.job, reward);
      const FailurePosterior posterior =
          PosteriorOf(prior, healthy, ChosenForFailing(*g.job, reward));
      const LogFactors one =
          LogBayesFactors(posterior, tally.count, tally.failures);
      for (size_t j = 0; j < one.size(); ++j) factors[j] += one[j];
      all.count += tally.count;
      all.failures += tally.failures;
      // What was healthy, without the failure that picked it.
      expected += tally.count * PosteriorOf(prior, healthy, false).rate();
    }
    if (trials < kFewestTrials) continue;
    const double factor = BayesFactor(factors);
    sum += factor;
    ++used;
    // The strongest evidence for a loss; without any samples, the first.
    if (factor <= heaviest) continue;
    heaviest = factor;
    v.reward = reward;
    v.samples = all.count;
    v.failures = all.failures;
    if (all.count > 0) {
      v.pass_rate = 1 - static_cast<double>(all.failures) / all.count;
      v.baseline_pass_rate = 1 - expected / all.count;
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
  if (v.kind == VerdictKind::kUndecided && asked >= cap) v.reason = "cap";
  return v;
}

}  // namespace reasonwatch
