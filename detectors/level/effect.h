// SPDX-License-Identifier: Apache-2.0
// The size of a change, with its interval of 95 %.
#ifndef REASONWATCH_DETECTORS_LEVEL_EFFECT_H_
#define REASONWATCH_DETECTORS_LEVEL_EFFECT_H_

#include "core/finding.h"
#include "detectors/signals/channel.h"

namespace reasonwatch {

// Sums over the pay-offs of n responses: residuals in log2 of a rank, 0 or 1
// of a rate, and the rate that a healthy stream was expected to show.
struct EffectSums {
  double n = 0;
  double sum = 0;
  double squares = 0;
  double expected = 0;
};

// A length ratio of a rank, points of a rate; a loss is negative. `fresh`: the
// responses came after the alarm, so that their mean is an unbiased estimate
// with a plain t interval; those up to the alarm were selected by it, and the
// interval is that of a confidence sequence. NaN ends: under 3 of those.
Effect MeasureEffect(Question question, const EffectSums& sums, bool fresh);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_EFFECT_H_
