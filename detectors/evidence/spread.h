// SPDX-License-Identifier: Apache-2.0
// Pay-offs from how far a number lies from the middle of its reference.
//
// With the normal scores z_lo, z_hi of rank.h, a bet that values now spread
// `scale` times as far pays the mass of N(0, (scale s)^2) between them over
// that of N(0, s^2), where s = 1 + tolerance for a wider spread and its inverse
// for a narrower one: a spread that much wider or narrower is still healthy,
// and the mean is at most 1 then. The interval is the conformal one, so the
// mean is 1 for an exchangeable response and s = 1.
#ifndef REASONWATCH_DETECTORS_EVIDENCE_SPREAD_H_
#define REASONWATCH_DETECTORS_EVIDENCE_SPREAD_H_

#include <array>
#include <cstddef>

#include "detectors/evidence/bets.h"
#include "detectors/evidence/rank.h"

namespace reasonwatch {

// A bet that a share phi of the responses spreads `scale` times as far.
struct SpreadBet {
  double phi;
  double scale;
};
// Twice and three times as far, or half; of all responses, or of a third.
inline constexpr std::array<SpreadBet, 4> kSpreadBets = {
    {{1, 2}, {.3, 3}, {1, .5}, {.3, .1}}};
// phi of each.
inline constexpr std::array<double, kSpreadBets.size()> kSpreadShares = [] {
  std::array<double, kSpreadBets.size()> shares{};
  for (size_t j = 0; j < shares.size(); ++j) shares[j] = kSpreadBets[j].phi;
  return shares;
}();

// Fills e for the bets of kSpreadBets.
void SpreadPayOff(const RankHistogram::Scores& scores, double tolerance,
                  PayOff& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_EVIDENCE_SPREAD_H_
