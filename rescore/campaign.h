// Problems that are asked again for one incident: which they are, which sample
// is next, and what they come to together.
//
// Not thread-safe; one owner. The jobs are the queue's.
#ifndef REASONWATCH_RESCORE_CAMPAIGN_H_
#define REASONWATCH_RESCORE_CAMPAIGN_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "core/incident.h"
#include "core/verdict.h"
#include "rescore/asker.h"
#include "rescore/group.h"
#include "rescore/job_queue.h"
#include "rescore/localisation.h"
#include "rescore/problem_set.h"
#include "rescore/symptoms.h"

namespace reasonwatch {

struct Campaign {
  Incident incident;
  RewardSet rewards = 0;
  absl::Time begun;
  std::vector<std::string> jobs;   // ids
  std::string comparison;          // way whose samples stand in for few trials
  bool late = false;               // told that no verdict came in time
  std::optional<Verdict> verdict;  // stands; now being localised
  Localisation localisation;
  bool probed = false;       // the fingerprint was compared, or can't be
  bool by_canaries = false;  // no incident stands behind it yet
};

// Of the incident's open signals.
double StatisticOf(const Incident& incident);
RewardSet RewardsOf(const Incident& incident);

// Of an incident that nobody can be asked about; the reason is the caller's.
Verdict NoVerdict(const Incident& incident, absl::Time now);

// From a verdict told to its incident's next event.
inline constexpr absl::Duration kVerdictOnItsWay = absl::Seconds(30);

// What is asked for an incident: problems that were failed live since its
// onset, neighbours of those that showed a symptom, then solved ones, 64 in
// all; where answers fail, those that fail, and solved ones beside a few.
// `rest`: what the solved ones are asked for.
std::vector<std::pair<uint64_t, RescoreTrigger>> ChooseProblems(
    const Incident& incident, const std::vector<Symptom>& symptoms,
    const ProblemSet& problems, RescoreTrigger rest);

// Of those of its jobs whose problem is known.
std::vector<GroupView> GroupsOf(const Campaign& campaign, const JobQueue& queue,
                                const ProblemSet* problems);

// The problem with the fewest samples, and where it has none to compare with,
// those first. None: everything was asked that can be.
std::optional<RescoreQuestion> NextSample(const Campaign& campaign,
                                          JobQueue& queue,
                                          const ProblemSet* problems,
                                          bool nobody_answers);

// All but the reason of one that is undecided because nothing is left to ask.
Verdict VerdictOf(const Campaign& campaign,
                  const std::vector<GroupView>& groups,
                  const ProblemSet& problems, absl::Time now);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CAMPAIGN_H_
