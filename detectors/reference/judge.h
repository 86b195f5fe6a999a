// SPDX-License-Identifier: Apache-2.0
// Pay-offs of a response's channels, against the reference.
#ifndef REASONWATCH_DETECTORS_REFERENCE_JUDGE_H_
#define REASONWATCH_DETECTORS_REFERENCE_JUDGE_H_

#include <array>
#include <vector>

#include "core/feature.h"
#include "detectors/evidence/bets.h"
#include "detectors/reference/prompt_regression.h"
#include "detectors/reference/reference_counts.h"

namespace reasonwatch {

struct Scored;

struct LengthSettings {
  // By index into kCountedLengths: the server's counts have the same scale as
  // those of the reference.
  std::array<bool, kCountedLengths.size()> comparable{};
  // The reference has rows of version 0.1.0, which did not note the source of
  // a length.
  bool unstated = false;
  // To be added to each length that is expected, if there is any: a slow drift
  // (length_drift.h).
  double offset = 0;
};

// Fills the pay-offs of every rank and rate channel, by index into Channels();
// the others are left as they are. A length is compared with lengths from the
// same source only: the server's counts with its counts, else our estimate with
// estimates. Pure. O(channels).
void JudgeResponse(const Scored& scored, const ReferenceCounts& counts,
                   const PromptRegression& regression,
                   const PreviousOutcome& previous,
                   const LengthSettings& lengths, std::vector<PayOff>& out);

// Mean growth of the logarithm of evidence, in nats a response, of the best
// length_collapse bet if every output were halved; NaN while nothing is known.
double HalvedLengthGrowth(const ReferenceCounts& counts);

// A stratum with fewer reference responses counts as not covered.
inline constexpr int kCoveredFrom = 20;

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_JUDGE_H_
