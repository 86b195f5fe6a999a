// SPDX-License-Identifier: Apache-2.0
// How often each problem of the baseline is failed while the model is healthy.
//
//   q_i = (alpha + f_i) / (alpha + beta + n_i)
//
// alpha/(alpha+beta) is the pooled failure rate; the strength s = alpha+beta is
// fitted by maximum likelihood over all problems if at least 50 have two or
// more trials, else 0.5 (one trial a problem does not show strength). q is
// recalibrated by the ratio (sum bad + f + 1)/(sum q + f + 1) of trials whose q
// was known before their outcome, for each bucket of distance its own, and
// widened by kappa; f, for a problem's own record, are the failures among first
// trials, which give the pooled rate to a share of 1/sqrt(f), and 0 for
// neighbours. A problem without trials of its own borrows the posterior
// of the baseline's problem that is like it. Solved and failed problems both
// count: a problem that used to fail and now passes weighs against an alarm.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_CONSISTENCY_POSTERIORS_H_
#define REASONWATCH_DETECTORS_CONSISTENCY_POSTERIORS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "absl/container/flat_hash_map.h"

namespace reasonwatch {

// The baseline's problem that is like the one that was asked; 0 = none.
struct Neighbour {
  uint64_t problem = 0;
  float distance = 0;  // (0, 0.5]
};

// Buckets of distance: the problem itself, then neighbours up to .15, .3, .5.
inline constexpr size_t kDistanceBuckets = 4;
size_t DistanceBucket(float distance);

// More trials of one problem than any stream has.
inline constexpr int32_t kMaxTrials = 1 << 30;

class Posteriors {
 public:
  // A healthy graded trial. O(1).
  void Learn(uint64_t problem, bool failed, Neighbour neighbour = {});
  // Fits the strength again. O(problems); for quiet moments.
  void Refit();

  // Probability that a healthy model fails this trial, tolerance included; 1
  // if nothing is known. `excursion_trials` and `excursion_failures` are
  // this problem's own since the suspected change: repeats of one problem are
  // judged by the Bayesian predictive, so that one flaky problem asked forty
  // times is not forty failures.
  double HealthyFailureRate(uint64_t problem, int excursion_trials,
                            int excursion_failures,
                            Neighbour neighbour = {}) const;
  // Observed over expected failures of a bucket of distance, add-one; 1 if
  // nothing was seen. A neighbour's record is only worth this.
  double CalibrationRatio(size_t bucket) const;

  // Failed in under a quarter of its trials.
  bool Solved(uint64_t problem) const;
  struct Seen {
    int32_t trials = 0;
    int32_t failures = 0;
  };
  // Its trials; none if it is not known.
  Seen TrialsOf(uint64_t problem) const;
  int64_t problems() const { return static_cast<int64_t>(trials_.size()); }
  int64_t trials() const { return count_; }
  double strength() const { return strength_; }
  double pooled_rate() const;

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, Posteriors& p);
  struct Trials {
    int32_t count = 0;
    int32_t failures = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Trials& t) {
      archive.InRange("count", t.count, 0, kMaxTrials);
      archive.InRange("failures", t.failures, 0, t.count);
    }
  };
  double Predict(const Trials& t) const;

  absl::flat_hash_map<uint64_t, Trials> trials_;
  int64_t count_ = 0;
  int64_t failures_ = 0;
  double strength_ = .5;
  struct Calibration {
    double bad = 0;
    double expected = 0;
    double count = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Calibration& c) {
      archive.Field("bad", c.bad);
      archive.Field("expected", c.expected);
      archive.Field("count", c.count);
    }
  };
  std::array<Calibration, kDistanceBuckets> calibration_{};
};

// Bound on the problems of one model.
inline constexpr int64_t kMaxProblems = 1000000;

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_CONSISTENCY_POSTERIORS_H_
