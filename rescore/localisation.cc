#include "rescore/localisation.h"

#include <algorithm>
#include <utility>

namespace reasonwatch {
namespace {

constexpr int kErrorsOfAWay = 3;
// What the ways are asked: so many problems, so many seeds each.
constexpr size_t kWayProblems = 8;
constexpr int kWaySeeds = 4;
constexpr int kWayIndex = 1000;  // no seed of the verdict's own samples
// A context that is filled takes something from any model.
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

void Localisation::Plan(VerdictKind verdict,
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
  // Where nothing was lost, what passes as it stands may fail in other numbers
  // or behind a long talk.
  for (Way& way : PlanWays(available))
    if (way.name == kFilledContext || way.name == kVariant)
      ways_.push_back(std::move(way));
}

bool Localisation::Failing(const std::string& way) const {
  const auto it = errors_.find(way);
  return it != errors_.end() && it->second >= kErrorsOfAWay;
}

std::optional<RescoreQuestion> Localisation::Next(
    VerdictKind verdict, const std::vector<GroupView>& groups, JobQueue& queue,
    const Asker& asker) const {
  if (ways_.empty()) return std::nullopt;
  std::vector<GroupView> asked = groups;
  // Where it failed there is something to be found; both sides are asked
  // afresh, so this choice favours neither.
  std::stable_sort(asked.begin(), asked.end(),
                   [](const GroupView& a, const GroupView& b) {
                     return FailuresOf(*a.job) > FailuresOf(*b.job);
                   });
  // Where nothing failed only the variants can tell something.
  if (verdict == VerdictKind::kNotReproduced && ways_.back().name == kVariant)
    std::stable_partition(asked.begin(), asked.end(), [&](const GroupView& g) {
      return asker.HasVariant(*g.problem);
    });
  if (asked.size() > kWayProblems) asked.resize(kWayProblems);
  // Few problems are asked more often.
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

void Localisation::Conclude(const std::vector<GroupView>& groups,
                            Verdict& verdict) const {
  verdict.differences = Localise(groups, ways_, verdict.reward);
  if (verdict.kind != VerdictKind::kNotReproduced) return;
  for (const Difference& d : verdict.differences)
    if (d.name == kFilledContext && d.high < 0 && d.value <= -kSaturated) {
      verdict.kind = VerdictKind::kConfirmed;
      verdict.reason = kFilledContext;
    }
}

}  // namespace reasonwatch
