// SPDX-License-Identifier: Apache-2.0
// Pay-offs from a yes/no outcome against its reference rate.
//
//   q = (a+1)/(n+1), q <- q + kappa (1-q), l = bad/q,
//   e_j = 1 - phi_j + phi_j l
//
// a of n reference responses were bad. Given the multiset of n+1 exchangeable
// outcomes with A >= 1 bad ones P(bad) = A/(n+1) = q, so E[l] = 1 exactly.
// kappa is the tolerance: a rise that size is still healthy.
#ifndef REASONWATCH_DETECTORS_EVIDENCE_RATE_H_
#define REASONWATCH_DETECTORS_EVIDENCE_RATE_H_

#include <array>
#include <cstdint>
#include <span>

#include "detectors/evidence/bets.h"

namespace reasonwatch {

struct RateCounts {
  int32_t bad = 0;
  int32_t count = 0;
  template <typename Archive>
  friend void Describe(Archive& archive, RateCounts& r) {
    // Twice of it is still a number of 32 bits.
    constexpr int32_t kMax = 1 << 30;
    archive.InRange("bad", r.bad, 0, kMax);
    archive.InRange("count", r.count, 0, kMax);
    archive.Require(r.bad <= r.count);
  }
};

// max(kappa, two standard errors of the reference rate).
double RateTolerance(const RateCounts& counts, double kappa);

// The add-one rate with its tolerance, in (0, 1].
double HealthyRate(const RateCounts& counts, double kappa);

// The same for one cell of a stratified reference. If the cell's own count
// does not contradict the rest of the reference (is under its rate and two
// standard errors), the cell borrows up to four times its own size from it, or
// a hundred cells would know a hundredth of the reference each:
//   q = (a + 1 + B m)/(n + 1 + B),  B = 4 n at most, m = add-one rate of the
//   rest
// and never more than the cell's own q. A cell that was never seen borrows
// nothing.
double PooledHealthyRate(const RateCounts& cell, const RateCounts& rest,
                         double kappa);

// phi of the bets on a rate, and of those on failed problems: a loss of under
// one in ten of those is less than the differences between problems.
inline constexpr std::array kRateShares = {.03, .1, .3, .8};
inline constexpr std::array kFailureShares = {.1, .3, .6};

// Fills e for one bet a share. `healthy_rate` in (0, 1]; a value at 1 can't
// be bet against (no bets).
void RatePayOff(bool bad, double healthy_rate, PayOff& out,
                std::span<const double> shares = kRateShares);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_EVIDENCE_RATE_H_
