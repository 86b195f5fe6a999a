// SPDX-License-Identifier: Apache-2.0
#include "rescore/campaigns/campaign.h"

#include <algorithm>
#include <limits>
#include <set>

#include "util/strings.h"

namespace reasonwatch {
namespace {

// From so many on, problems that failed live are asked alone: solved ones
// beside them would only dilute the loss. Fewer are filled up to
// kFailureProblems.
constexpr size_t kEnoughFailures = 8;
constexpr size_t kFailureProblems = 16;  // twice as many
// Older failures may belong to another fault.
constexpr absl::Duration kSymptomsFor = absl::Hours(24);

}  // namespace

double StatisticOf(const Incident& incident) {
  double statistic = 0;
  for (const IncidentSignal& s : incident.signals)
    if (s.open) statistic = std::max(statistic, s.finding.statistic);
  return statistic;
}

RewardSet RewardsOf(const Incident& incident) {
  RewardSet rewards = 0;
  for (const IncidentSignal& s : incident.signals)
    if (s.open) rewards |= RewardsFor(s.signal);
  return rewards;
}

Verdict NoVerdict(const Incident& incident, absl::Time now) {
  Verdict none;
  none.incident = incident.id;
  none.model = incident.model;
  none.kind = VerdictKind::kUnavailable;
  none.statistic = StatisticOf(incident);
  none.pass_rate = std::numeric_limits<double>::quiet_NaN();
  none.baseline_pass_rate = std::numeric_limits<double>::quiet_NaN();
  none.time = now;
  return none;
}

std::vector<std::pair<uint64_t, RescoreTrigger>> ChooseProblems(
    const Incident& incident, const std::vector<Symptom>& symptoms,
    const ProblemSet& problems, RescoreTrigger rest) {
  std::vector<std::pair<uint64_t, RescoreTrigger>> chosen;
  std::set<uint64_t> taken;
  for (const RescoreTrigger trigger :
       {RescoreTrigger::kFailure, RescoreTrigger::kNear})
    for (auto s = symptoms.rbegin(); s != symptoms.rend(); ++s)
      if (s->trigger == trigger && s->time >= incident.onset_time &&
          incident.updated - s->time <= kSymptomsFor &&
          problems.Find(incident.model, s->problem) != nullptr &&
          taken.insert(s->problem).second)
        chosen.emplace_back(s->problem, trigger);
  // An incident of failing answers is about the problems that failed.
  const bool answers = RewardsOf(incident) == SetOf(Reward::kOutcome);
  size_t wanted = kIncidentProblems;
  if (answers && !chosen.empty())
    wanted =
        chosen.size() >= kEnoughFailures ? chosen.size() : kFailureProblems;
  for (const RescoreProblem* p :
       problems.SolvedOf(incident.model, StableHash(incident.id))) {
    if (chosen.size() >= wanted) break;
    if (taken.insert(p->digest).second) chosen.emplace_back(p->digest, rest);
  }
  return chosen;
}

std::vector<GroupView> GroupsOf(const Campaign& campaign, const JobQueue& queue,
                                const ProblemSet* problems) {
  std::vector<GroupView> groups;
  if (problems == nullptr) return groups;
  for (const std::string& id : campaign.jobs) {
    const RescoreJob* job = queue.Find(id);
    if (job == nullptr) continue;
    const RescoreProblem* problem = problems->Find(job->model, job->problem);
    if (problem != nullptr) groups.push_back({problem, job});
  }
  return groups;
}

std::optional<RescoreQuestion> NextSample(const Campaign& campaign,
                                          JobQueue& queue,
                                          const ProblemSet* problems,
                                          bool nobody_answers) {
  RescoreQuestion next;
  int fewest = std::numeric_limits<int>::max();
  int asked = 0;
  for (const GroupView& g : GroupsOf(campaign, queue, problems)) {
    RescoreJob& job = *queue.Find(g.job->id);
    const int count = CountOf(job, "");
    asked += count;
    if (queue.Failing(job)) continue;
    if (!campaign.comparison.empty()) {
      const int compared = CountOf(job, campaign.comparison);
      if (compared < count && compared < fewest) {
        fewest = compared;
        next = {&job, g.problem, campaign.comparison, compared};
        continue;
      }
    }
    if (count >= job.limit || count >= fewest) continue;
    fewest = count;
    next = {&job, g.problem, "", count};
  }
  if (next.job == nullptr || asked >= kIncidentCap) return std::nullopt;
  // `unavailable` was emitted already, so nothing waits for the rest.
  if (campaign.late && nobody_answers) return std::nullopt;
  return next;
}

Verdict VerdictOf(const Campaign& campaign,
                  const std::vector<GroupView>& groups,
                  const ProblemSet& problems, absl::Time now) {
  const bool one = groups.size() == 1;
  Verdict v = DecideVerdict(problems, groups, campaign.rewards,
                            one ? kProblemBounds : kIncidentBounds,
                            kIncidentCap, campaign.comparison);
  v.incident = campaign.incident.id;
  v.model = campaign.incident.model;
  if (one) v.problem = groups.front().problem->digest;
  v.statistic = StatisticOf(campaign.incident);
  v.time = now;
  v.outcomes = OutcomesOf(groups);
  // Group and advantage of the first problem that failed live; if there is
  // none, the last group's.
  for (const GroupView& g : groups) {
    const GroupStatistics statistics = StatisticsOf(g.job->samples, v.reward);
    if (statistics.count == 0) continue;
    v.group_mean = statistics.mean;
    v.group_deviation = statistics.deviation;
    if (g.job->trigger != RescoreTrigger::kFailure) continue;
    v.advantage = Advantage(statistics, /*reward=*/0);
    break;
  }
  return v;
}

}  // namespace reasonwatch
