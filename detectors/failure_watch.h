// SPDX-License-Identifier: Apache-2.0
// The graded answers of one model: each is judged against how often its problem
// used to be solved, and learnt if nothing is suspicious.
//
// Arithmetic only; time comes in with the data. Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_FAILURE_WATCH_H_
#define REASONWATCH_DETECTORS_FAILURE_WATCH_H_

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/match.h"
#include "detectors/consistency/posteriors.h"
#include "detectors/evidence/bets.h"

namespace reasonwatch {

struct Scored;

// A trial of a problem of the baseline, or of one like it.
bool IsGraded(const Scored& scored);

class FailureWatch {
 public:
  // A trial of the baseline; Refit() after the last.
  void LearnImported(const Scored& scored);
  void Refit() { posteriors_.Refit(); }
  // Trials of a problem that were graded after they were all seen.
  void LearnTrials(uint64_t problem, int trials, int failures);

  // Fills the pay-off of a graded response; leaves it if nothing is known yet,
  // or if the session asked the same problem within the hour.
  void Judge(const Scored& scored, PayOff& out);
  // Puts a grade into quarantine and learns the one that leaves it, unless
  // `suspicious`. `quiet`: no bet on failures is inside an excursion, so that
  // every likely onset is yet to come; then all that waits is learnt.
  // `longest`: of the quarantine, in grades.
  void LearnLater(const Scored& scored, bool suspicious, bool quiet,
                  int64_t longest);
  // An alarm: none of the grades that wait is trusted.
  void FlushQuarantine();
  // No bet on failures is inside an excursion: a new one counts from here.
  void ForgetRepeats() { repeats_.clear(); }

  // Enough grades are known to judge one.
  bool ready() const;
  const Posteriors& posteriors() const { return posteriors_; }

  // The solved problems that were asked since ForgetRepeats(), which includes
  // every failure that an alarm's evidence is of. In no order.
  struct AskedProblem {
    uint64_t problem = 0;
    Posteriors::Seen before;  // while healthy
    Posteriors::Seen now;
  };
  std::vector<AskedProblem> SolvedProblemsAsked() const;

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, FailureWatch& w);

  // Failed and all trials of a problem since the suspected change.
  struct Repeats {
    int32_t trials = 0;
    int32_t failures = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Repeats& r) {
      archive.InRange("trials", r.trials, 0, (1 << 30) - 1);
      archive.InRange("failures", r.failures, 0, r.trials);
    }
  };
  struct PendingGrade {
    uint64_t problem = 0;
    Neighbour neighbour;
    bool failed = false;
    template <typename Archive>
    friend void Describe(Archive& archive, PendingGrade& g) {
      archive.Field("problem", g.problem);
      archive.Field("neighbour", g.neighbour.problem);
      archive.Field("distance", g.neighbour.distance);
      uint32_t four_bytes = g.failed ? 1 : 0;  // as 0.1.0 stored it
      archive.Field("failed", four_bytes);
      if constexpr (Archive::kReads) g.failed = four_bytes != 0;
    }
  };

  void Learn(const PendingGrade& grade);
  bool AskedWithinTheHour(const Scored& scored);

  Posteriors posteriors_;
  std::vector<PendingGrade> quarantine_;  // ring
  size_t next_ = 0;                       // oldest of the ring
  int64_t grades_since_refit_ = 0;
  absl::flat_hash_map<uint64_t, Repeats> repeats_;        // by problem
  absl::flat_hash_map<uint64_t, int64_t> last_asked_ns_;  // problem x session
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_FAILURE_WATCH_H_
