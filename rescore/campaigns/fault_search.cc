// SPDX-License-Identifier: Apache-2.0
#include "rescore/campaigns/fault_search.h"

#include <algorithm>
#include <utility>

namespace reasonwatch {
namespace {

// Errors in a row after which a way is given up: a replica that is down, or a
// field that the server refuses.
constexpr int kErrorsOfAWay = 3;
// Problems and seeds of each way. With 32 pairs a difference of .25, all in one
// direction, keeps 0 out of its interval even over seven ways.
constexpr size_t kWayProblems = 8;
constexpr int kWaySeeds = 4;  // of each problem
// First index of the ways' samples, above that of any sample of a verdict.
constexpr int kWayIndex = 1000;
// The drop in filled contexts that confirms a loss; a filled context costs any
// model something.
constexpr double kSaturated = .25;

int FailuresOf(const RescoreJob& job) {
  return static_cast<int>(std::count_if(
      job.samples.begin(), job.samples.end(), [](const RescoreSample& s) {
        return s.way.empty() &&
               std::count(s.rewards.begin(), s.rewards.end(), 0) > 0;
      }));
}

}  // namespace

bool SitsInFilledContexts(const Incident& incident) {
  for (const IncidentSignal& s : incident.signals)
    for (const std::string& stratum : s.finding.strata)
      if (stratum == "context fill 50-75 %" ||
          stratum == "context fill 75 % and over" ||
          stratum == "turns 6 and later")
        return true;
  return false;
}

void FaultSearch::Plan(VerdictKind verdict,
                       const std::vector<GroupView>& groups,
                       const RescoreEndpoints& endpoints, const Asker& asker,
                       bool filled) {
  ways_.clear();
  errors_.clear();
  WaysAvailable available;
  available.filled_context = filled;
  for (const GroupView& g : groups)
    available.variants = available.variants || asker.HasVariant(*g.problem);
  if (verdict == VerdictKind::kConfirmed) {
    for (const auto& [name, client] : endpoints.replicas)
      available.replicas.push_back(name);
    available.reference = endpoints.reference != nullptr;
    for (const GroupView& g : groups)
      available.thinking = available.thinking ||
                           g.problem->question.intent.thinking != Thinking::kOn;
    ways_ = PlanWays(available);
    return;
  }
  // A problem that passes as it is may fail in other numbers or in a filled
  // context.
  for (Way& way : PlanWays(available))
    if (way.name == kFilledContext || way.name == kVariant)
      ways_.push_back(std::move(way));
}

bool FaultSearch::ClearsFilledContexts(
    const std::vector<Difference>& differences) {
  return std::any_of(
      differences.begin(), differences.end(), [](const Difference& d) {
        return d.name == kFilledContext && d.pairs > 0 && d.low > -kSaturated;
      });
}

bool FaultSearch::Failing(const std::string& way) const {
  const auto it = errors_.find(way);
  return it != errors_.end() && it->second >= kErrorsOfAWay;
}

std::optional<RescoreQuestion> FaultSearch::Next(
    VerdictKind verdict, const std::vector<GroupView>& groups, JobQueue& queue,
    const Asker& asker) const {
  if (ways_.empty()) return std::nullopt;
  std::vector<GroupView> asked = groups;
  // Problems that failed most first: they show a difference soonest. Both sides
  // are asked afresh, so the choice favours neither.
  std::stable_sort(asked.begin(), asked.end(),
                   [](const GroupView& a, const GroupView& b) {
                     return FailuresOf(*a.job) > FailuresOf(*b.job);
                   });
  // After `not_reproduced`, problems that have variants first.
  if (verdict == VerdictKind::kNotReproduced && ways_.back().name == kVariant)
    std::stable_partition(asked.begin(), asked.end(), [&](const GroupView& g) {
      return asker.HasVariant(*g.problem);
    });
  if (asked.size() > kWayProblems) asked.resize(kWayProblems);
  // More seeds for few problems: about as many pairs.
  const int seeds =
      kWaySeeds *
      static_cast<int>(kWayProblems / std::max<size_t>(1, asked.size()));
  for (int seed = 0; seed < seeds; ++seed) {
    const int index = kWayIndex + seed;
    for (const GroupView& g : asked) {
      if (!HasSample(*g.job, kAgain, index) && !Failing(kAgain))
        return RescoreQuestion{queue.Find(g.job->id), g.problem, kAgain, index};
      for (const Way& way : ways_)
        if (!HasSample(*g.job, way.name, index) && !Failing(way.name) &&
            (way.name != kVariant || asker.HasVariant(*g.problem)))
          return RescoreQuestion{queue.Find(g.job->id), g.problem, way.name,
                                 index};
    }
  }
  return std::nullopt;
}

void FaultSearch::Conclude(const std::vector<GroupView>& groups,
                           Verdict& verdict) const {
  verdict.differences = CompareWays(groups, ways_, verdict.reward);
  if (verdict.kind != VerdictKind::kNotReproduced) return;
  for (const Difference& d : verdict.differences)
    if (d.name == kFilledContext && d.high < 0 && d.value <= -kSaturated) {
      verdict.kind = VerdictKind::kConfirmed;
      verdict.reason = kFilledContext;
    }
}

}  // namespace reasonwatch
