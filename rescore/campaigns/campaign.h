// SPDX-License-Identifier: Apache-2.0
// A campaign asks problems again for one incident. Chooses the problems and the
// next sample, and adds the samples up to a verdict.
//
// Pure but for the jobs, which the queue owns. Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_CAMPAIGNS_CAMPAIGN_H_
#define REASONWATCH_RESCORE_CAMPAIGNS_CAMPAIGN_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/incident.h"
#include "core/verdict.h"
#include "rescore/asker.h"
#include "rescore/campaigns/fault_search.h"
#include "rescore/campaigns/symptoms.h"
#include "rescore/job_queue.h"
#include "rescore/problem_set.h"
#include "rescore/statistics/group.h"
#include "rescore/ways/live_conditions.h"
#include "rescore/ways/way_search.h"

namespace reasonwatch {

struct Campaign {
  Incident incident;
  RewardSet rewards = 0;
  absl::Time begun;
  std::vector<std::string> jobs;  // ids
  // The way whose samples make up for few baseline trials; "" = none.
  std::string comparison;
  bool late = false;  // `unavailable` was emitted: no verdict came in time
  std::optional<Verdict> verdict;  // decided; the fault search is under way
  // The verdict is not emitted yet: nothing was found one question at a time,
  // and the failure came under conditions that must be asked first.
  bool held = false;
  FailureConditions conditions;
  WaySearch ways;
  bool ways_done = false;
  FaultSearch fault_search;
  bool probed = false;       // the fingerprint was compared, or can't be
  bool by_canaries = false;  // answers an alarm; there is no incident yet
};

// The largest statistic, and the rewards, of the incident's open signals.
double StatisticOf(const Incident& incident);
RewardSet RewardsOf(const Incident& incident);

// The verdict `unavailable` without samples; the caller sets the reason.
Verdict NoVerdict(const Incident& incident, absl::Time now);

// The problems to ask for an incident: those that failed live since its onset,
// neighbours of prompts that showed a symptom, then solved ones, 64 in all. If
// the incident is about failing answers: those that failed, and solved ones
// only beside a few of them. `rest`: the trigger of the solved ones.
std::vector<std::pair<uint64_t, RescoreTrigger>> ChooseProblems(
    const Incident& incident, const std::vector<Symptom>& symptoms,
    const ProblemSet& problems, RescoreTrigger rest);

// The campaign's jobs with their problems; leaves out jobs of unknown problems.
std::vector<GroupView> GroupsOf(const Campaign& campaign, const JobQueue& queue,
                                const ProblemSet* problems);

// A question on the problem with the fewest samples. With a comparison, the
// comparison's sample first if it has fewer. None: all samples that can be
// asked for have been.
std::optional<RescoreQuestion> NextSample(const Campaign& campaign,
                                          JobQueue& queue,
                                          const ProblemSet* problems,
                                          bool nobody_answers);

// The verdict of the samples so far. An undecided verdict has no reason yet if
// only the end of the questions could give it one.
Verdict VerdictOf(const Campaign& campaign,
                  const std::vector<GroupView>& groups,
                  const ProblemSet& problems, absl::Time now);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CAMPAIGNS_CAMPAIGN_H_
