// SPDX-License-Identifier: Apache-2.0
#include "detectors/failure_watch.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/time/time.h"
#include "core/grade.h"
#include "core/scored.h"
#include "detectors/evidence/rate.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Problems, and pairs of problem and session, that are remembered: 64 KB each;
// all are forgotten then.
constexpr uint32_t kMaxRepeats = 4096;
constexpr int64_t kHourNanos = int64_t{3600} * 1000000000;
// Under 30 grades the pooled rate is known to a tenth at best.
constexpr int64_t kMinGrades = 30;
// Shorter than the quarantine of responses: only a few of them are graded, and
// a pageable loss of solved problems is noticed within this many.
constexpr int64_t kGradeQuarantine = 200;
// The strength is fitted again after as many grades, or after a fiftieth of
// the problems: a fit visits each of them.
constexpr int64_t kRefitGrades = 50;
// A ring is stored as it is; one of another release may be longer.
constexpr uint32_t kMaxStoredGrades = 1u << 16;

Neighbour NeighbourOf(const Match& match) {
  return match.kind == MatchKind::kNear
             ? Neighbour{match.neighbour, match.distance}
             : Neighbour{};
}

}  // namespace

bool IsGraded(const Scored& scored) {
  return scored.grade == Grade::kCorrect || scored.grade == Grade::kIncorrect;
}

void FailureWatch::LearnImported(const Scored& scored) {
  if (IsGraded(scored))
    posteriors_.Learn(scored.match.problem, scored.grade == Grade::kIncorrect,
                      NeighbourOf(scored.match));
}

void FailureWatch::LearnTrials(uint64_t problem, int trials, int failures) {
  for (int i = 0; i < trials; ++i) posteriors_.Learn(problem, i < failures);
}

bool FailureWatch::ready() const { return posteriors_.trials() >= kMinGrades; }

// A session that asks its question again within the hour mostly gets the answer
// that it was given, from its own context.
bool FailureWatch::AskedWithinTheHour(const Scored& scored) {
  if (scored.session == 0) return false;
  const int64_t now = absl::ToUnixNanos(scored.start);
  if (last_asked_ns_.size() >= kMaxRepeats) last_asked_ns_.clear();
  auto [it, fresh] =
      last_asked_ns_.try_emplace(scored.match.problem ^ scored.session, now);
  if (!fresh && now - it->second < kHourNanos) return true;
  it->second = now;
  return false;
}

void FailureWatch::Judge(const Scored& scored, PayOff& out) {
  if (!IsGraded(scored) || !ready() || AskedWithinTheHour(scored)) return;
  const bool failed = scored.grade == Grade::kIncorrect;
  const uint64_t problem = scored.match.problem;
  if (repeats_.size() >= kMaxRepeats) repeats_.clear();
  // Without text or id nobody knows whether it is a repeat.
  Repeats unknown;
  Repeats& repeats = problem == 0 ? unknown : repeats_[problem];
  const double q = posteriors_.HealthyFailureRate(
      problem, repeats.trials, repeats.failures, NeighbourOf(scored.match));
  ++repeats.trials;
  repeats.failures += failed;
  RatePayOff(failed, q, out, kFailureShares);
  out.lambda = 1.0 / std::max(1, scored.choices);
}

void FailureWatch::Learn(const PendingGrade& grade) {
  posteriors_.Learn(grade.problem, grade.failed, grade.neighbour);
  if (++grades_since_refit_ <
      std::max(kRefitGrades, posteriors_.problems() / 50))
    return;
  grades_since_refit_ = 0;
  posteriors_.Refit();
}

void FailureWatch::FlushQuarantine() {
  quarantine_.clear();
  next_ = 0;
}

void FailureWatch::LearnLater(const Scored& scored, bool suspicious, bool quiet,
                              int64_t longest) {
  if (!IsGraded(scored)) return;
  const PendingGrade fresh{scored.match.problem, NeighbourOf(scored.match),
                           scored.grade == Grade::kIncorrect};
  if (quiet && !suspicious) {
    for (size_t i = 0; i < quarantine_.size(); ++i)
      Learn(quarantine_[(next_ + i) % quarantine_.size()]);
    FlushQuarantine();
    return Learn(fresh);
  }
  const auto lag = static_cast<size_t>(
      ready() ? std::min({kGradeQuarantine, longest, posteriors_.trials()})
              : 0);
  PendingGrade due = fresh;
  if (lag > 0) {
    if (quarantine_.size() < lag) {
      // A ring that has turned grows before its oldest.
      if (next_ == 0) {
        quarantine_.push_back(fresh);
      } else {
        quarantine_.insert(
            quarantine_.begin() + static_cast<std::ptrdiff_t>(next_), fresh);
        ++next_;
      }
      return;
    }
    std::swap(due, quarantine_[next_]);
    next_ = (next_ + 1) % quarantine_.size();
  }
  if (!suspicious) Learn(due);
}

std::vector<FailureWatch::AskedProblem> FailureWatch::SolvedProblemsAsked()
    const {
  std::vector<AskedProblem> asked;
  for (const auto& [problem, repeats] : repeats_)
    if (posteriors_.Solved(problem))
      asked.push_back({problem,
                       posteriors_.TrialsOf(problem),
                       {repeats.trials, repeats.failures}});
  return asked;
}

template <typename Archive>
void Describe(Archive& archive, FailureWatch& w) {
  archive.Field("posteriors", w.posteriors_);
  archive.List("quarantine", w.quarantine_, kMaxStoredGrades);
  archive.Size("next", w.next_);
  archive.Require(w.quarantine_.empty() ? w.next_ == 0
                                        : w.next_ < w.quarantine_.size());
  archive.InRange("grades_since_refit", w.grades_since_refit_, 0, kMaxStored);
  archive.Map("repeats", w.repeats_, kMaxRepeats);
  archive.MapWith(
      "last_asked_ns", w.last_asked_ns_, kMaxRepeats,
      [&](uint64_t, int64_t& ns) { archive.InRange("ns", ns, 0, kMaxStored); });
}
REASONWATCH_DESCRIBE(FailureWatch);

}  // namespace reasonwatch
