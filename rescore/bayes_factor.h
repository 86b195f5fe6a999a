// How much the failures of a re-run speak for a loss.
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
// A problem that was chosen because it failed enters with one failure more.
#ifndef REASONWATCH_RESCORE_BAYES_FACTOR_H_
#define REASONWATCH_RESCORE_BAYES_FACTOR_H_

#include <array>
#include <cstdint>

#include "core/verdict.h"

namespace reasonwatch {

inline constexpr std::array<double, 3> kLosses = {.25, .5, .9};
// Natural logarithms, one a loss of kLosses.
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

// Mean over the losses; capped at 1e250.
double BayesFactor(const LogFactors& factors);

struct Bounds {
  double confirm = 30;
  double clear = .1;
};
inline constexpr Bounds kProblemBounds = {30, .1};
// Lower than of one problem: under a loss of a quarter the other two losses
// weigh nothing, and .05 cleared one in five of them (bench/detection).
inline constexpr Bounds kIncidentBounds = {100, .0005};
inline constexpr int kGroupSize = 16;     // trials of one problem
inline constexpr int kIncidentCap = 256;  // trials of an incident
inline constexpr int kIncidentProblems = 64;

// A single failure never confirms: where healthy failures are rarer than the
// baseline can tell, one answer would pass every bound.
inline constexpr int kMinFailures = 2;

// Confirmed, not reproduced, or still undecided.
VerdictKind Decide(double bayes_factor, int failures, const Bounds& bounds);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_BAYES_FACTOR_H_
