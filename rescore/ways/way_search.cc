// SPDX-License-Identifier: Apache-2.0
#include "rescore/ways/way_search.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "rescore/statistics/paired_ways.h"

namespace reasonwatch {
namespace {

// Errors, or questions given up, in a row that end a way.
constexpr int kEnough = 3;
// Pairs of a way that carries the loss, so that its interval says how much. A
// loss of half, all in one direction, keeps 0 out of the interval with 12.
constexpr int kShownPairs = 16;

int SamplesOf(const std::vector<GroupView>& groups, std::string_view way) {
  int count = 0;
  for (const GroupView& g : groups) count += CountOf(*g.job, way);
  return count;
}

// The next sample of the way: on the problem with the fewest, and among those
// the first, which is the order of the plain way, so that pairs come first.
std::optional<RescoreQuestion> NextOf(
    const std::vector<GroupView>& groups, JobQueue& queue, std::string_view way,
    const std::map<const RescoreJob*, int>& planned) {
  std::optional<RescoreQuestion> next;
  int fewest = std::numeric_limits<int>::max();
  for (const GroupView& g : groups) {
    RescoreJob* job = queue.Find(g.job->id);
    if (job == nullptr || queue.Failing(*job)) continue;
    const auto it = planned.find(g.job);
    const int count =
        CountOf(*job, way) + (it == planned.end() ? 0 : it->second);
    if (count >= job->limit || count >= fewest) continue;
    fewest = count;
    next = RescoreQuestion{job, g.problem, std::string(way), count, {}, 1};
  }
  return next;
}

}  // namespace

void WaySearch::Plan(std::vector<FailureWay> ways) {
  ways_ = std::move(ways);
  failing_.clear();
}

bool WaySearch::needed() const {
  return std::any_of(ways_.begin(), ways_.end(),
                     [](const FailureWay& w) { return w.needed; });
}

void WaySearch::CountError(const std::string& way, std::string_view error) {
  Failing& f = failing_[way];
  ++f.count;
  f.why = error;
}

void WaySearch::CountYield(const std::string& way) {
  CountError(way, "no_room");
}

bool WaySearch::GivenUp(const FailureWay& way) const {
  const auto it = failing_.find(way.name);
  return it != failing_.end() && it->second.count >= kEnough;
}

Bounds WaySearch::BoundsOf(const WayEvidence& evidence) const {
  Bounds bounds =
      evidence.groups.size() == 1 ? kProblemBounds : kIncidentBounds;
  bounds.confirm *= static_cast<double>(std::max<size_t>(1, ways_.size()));
  return bounds;
}

Verdict WaySearch::VerdictOf(const WayEvidence& evidence,
                             const FailureWay& way) const {
  return DecideVerdict(evidence.problems, evidence.groups, evidence.rewards,
                       BoundsOf(evidence), way.budget, evidence.comparison,
                       way.name);
}

Standing WaySearch::StandingOf(const WayEvidence& evidence,
                               std::string_view way) const {
  for (const FailureWay& one : ways_)
    if (one.name == way)
      return {VerdictOf(evidence, one).bayes_factor, BoundsOf(evidence)};
  return {};
}

bool WaySearch::Done(const WayEvidence& evidence, const FailureWay& way) const {
  if (!way.untried.empty() || GivenUp(way)) return true;
  const Verdict v = VerdictOf(evidence, way);
  if (v.kind == VerdictKind::kConfirmed)
    return SamplesOf(evidence.groups, way.name) >= kShownPairs;
  return v.kind != VerdictKind::kUndecided || !v.reason.empty();
}

std::optional<RescoreQuestion> WaySearch::Next(const WayEvidence& evidence,
                                               JobQueue& queue) {
  for (const FailureWay& way : ways_) {
    if (!way.untried.empty()) continue;
    const bool confirmed =
        VerdictOf(evidence, way).kind == VerdictKind::kConfirmed;
    if (!Done(evidence, way)) {
      std::map<const RescoreJob*, int> planned;
      auto first = NextOf(evidence.groups, queue, way.name, planned);
      if (first.has_value()) {
        first->at_once = way.at_once;
        for (int i = 1; i < way.at_once; ++i) {
          ++planned[i == 1 ? first->job : first->beside.back().job];
          auto more = NextOf(evidence.groups, queue, way.name, planned);
          if (!more.has_value()) break;
          first->beside.push_back(*std::move(more));
        }
        return first;
      }
    }
    // The loss is found: no other way is asked.
    if (confirmed) return std::nullopt;
  }
  return std::nullopt;
}

void WaySearch::Conclude(const WayEvidence& evidence,
                         std::string_view more_needed,
                         std::string_view unfinished, Verdict& verdict) const {
  const auto add = [&](const FailureWay& way, std::string untried) {
    Difference d = PairedDifference(
        PairsOf(evidence.groups, way.name, verdict.reward, /*partner=*/""),
        static_cast<int>(ways_.size()));
    d.name = way.name;
    d.untried = std::move(untried);
    verdict.differences.push_back(std::move(d));
  };
  std::string open(more_needed);
  std::optional<Verdict> carried;
  for (const FailureWay& way : ways_) {
    const Verdict v = VerdictOf(evidence, way);
    if (v.kind == VerdictKind::kConfirmed && !carried.has_value()) {
      // Shown first, as it names the cause.
      verdict.reward = v.reward;
      add(way, "");
      std::rotate(verdict.differences.begin(), verdict.differences.end() - 1,
                  verdict.differences.end());
      verdict.differences.front().cause = way.cause;
      carried = v;
      carried->reason = way.name;
      continue;
    }
    std::string why = way.untried;
    if (why.empty() && way.needed && v.kind != VerdictKind::kNotReproduced) {
      const auto it = failing_.find(way.name);
      why = it != failing_.end() && GivenUp(way) ? it->second.why
            : v.reason.empty()                   ? std::string(unfinished)
                                                 : v.reason;
    }
    if (!why.empty() && open.empty()) open = way.name;
    if (!why.empty() || v.samples > 0) add(way, std::move(why));
  }
  if (carried.has_value()) {
    verdict.kind = VerdictKind::kConfirmed;
    verdict.reason = carried->reason;
    verdict.bayes_factor = carried->bayes_factor;
    verdict.samples = carried->samples;
    verdict.failures = carried->failures;
    verdict.pass_rate = carried->pass_rate;
    verdict.baseline_pass_rate = carried->baseline_pass_rate;
    // A way that is not needed any more, because the loss is found, is not
    // missing.
    std::erase_if(verdict.differences, [](const Difference& d) {
      return d.pairs == 0 && d.cause.empty();
    });
  } else if (!open.empty() && verdict.kind == VerdictKind::kNotReproduced) {
    verdict.kind = VerdictKind::kNotReproducedAlone;
    verdict.reason = open;
  }
}

}  // namespace reasonwatch
