// SPDX-License-Identifier: Apache-2.0
// The evidence of re-runs for a loss: how much likelier their failures are
// under a loss than without one.
//
// The healthy failure rate of a problem has the posterior Beta(a, b). Under a
// loss phi every success of the healthy model turns into a failure with
// probability phi. After t trials with f failures
//
//   BF_phi = (1-phi)^(t-f) sum_{k<=f} C(f,k) phi^(f-k) (1-phi)^k
//            B(a+k, b+t-f) / B(a+f, b+t-f)
//
// and BF is its mean over phi in {.25, .5, .9}. Under the null a mean of Bayes
// factors exceeds 1/p with probability at most p at any time (Ville), so a
// group may stop as soon as a bound is reached. Over several problems the
// factors are multiplied for each phi and then averaged.
//
// A problem that was selected because it failed live gets one failure more in
// its posterior (failure_prior.h), since the selection favours problems that
// fail often.
#ifndef REASONWATCH_RESCORE_STATISTICS_BAYES_FACTOR_H_
#define REASONWATCH_RESCORE_STATISTICS_BAYES_FACTOR_H_

#include <array>
#include <cstdint>

#include "core/verdict.h"

namespace reasonwatch {

// From a loss that 256 samples can still confirm to one that leaves hardly any
// success.
inline constexpr std::array<double, 3> kLosses = {.25, .5, .9};
// Natural logarithms of BF_phi, one for each loss of kLosses.
using LogFactors = std::array<double, kLosses.size()>;

// Beta(a, b) of a failure rate; a, b > 0.
struct FailurePosterior {
  double a = .5;
  double b = .5;
  double rate() const { return a / (a + b); }
};

// 0 <= failures <= trials. O(failures).
LogFactors LogBayesFactors(const FailurePosterior& healthy, int trials,
                           int failures);

// The mean over the losses; each capped at 1e250, so that the sum stays finite.
double BayesFactor(const LogFactors& factors);

struct Bounds {
  double confirm = 30;
  double clear = .1;
};
// By Ville's inequality at most 1 in 30 healthy problems is confirmed.
inline constexpr Bounds kProblemBounds = {30, .1};
// At most 1 in 100 healthy incidents is confirmed. The lower bound is far below
// a problem's: if the true loss is a quarter, the factors of the other two
// losses vanish, and a bound of .05 cleared one in five of such losses
// (bench/detection).
inline constexpr Bounds kIncidentBounds = {100, .0005};
// Caps. 16 trials confirm a loss of half on one problem in .47 to .85 of runs,
// and 256 over 64 problems a loss of a quarter in .99 (docs/rescoring.md).
inline constexpr int kGroupSize = 16;         // trials of one problem
inline constexpr int kIncidentCap = 256;      // trials of an incident
inline constexpr int kIncidentProblems = 64;  // four trials each

// A single failure never confirms: if healthy failures are rarer than the
// baseline can show, one wrong answer alone would pass every bound.
inline constexpr int kMinFailures = 2;

// Confirmed, not reproduced, or still undecided.
VerdictKind Decide(double bayes_factor, int failures, const Bounds& bounds);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_STATISTICS_BAYES_FACTOR_H_
