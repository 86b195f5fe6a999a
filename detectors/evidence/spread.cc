// SPDX-License-Identifier: Apache-2.0
#include "detectors/evidence/spread.h"

#include "detectors/evidence/normal.h"

namespace reasonwatch {

void SpreadPayOff(const RankHistogram::Scores& scores, double tolerance,
                  PayOff& out) {
  out.bets = static_cast<int>(kSpreadBets.size());
  for (size_t j = 0; j < kSpreadBets.size(); ++j) {
    const SpreadBet& bet = kSpreadBets[j];
    const double s = bet.scale > 1 ? 1 + tolerance : 1 / (1 + tolerance);
    const double healthy = NormalMass(scores.low / s, scores.high / s);
    const double moved =
        NormalMass(scores.low / (s * bet.scale), scores.high / (s * bet.scale));
    out.e[j] = 1 - bet.phi + bet.phi * (healthy > 0 ? moved / healthy : 1);
  }
}

}  // namespace reasonwatch
