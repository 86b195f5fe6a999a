// SPDX-License-Identifier: Apache-2.0
#include "detectors/level/effect.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace reasonwatch {
namespace {

// Half-width of the confidence sequence for a mean after k values, in standard
// deviations (Howard et al. 2021, normal mixture with rho = .5, alpha = .05).
double SequenceHalfWidth(double k) {
  constexpr double kRho = .5;
  constexpr double kAlpha = .05;
  return std::sqrt((1 + 1 / (k * kRho)) *
                   std::log((k * kRho + 1) / (kAlpha * kAlpha)) / k);
}

// Student's t at 50 and more degrees of freedom is 2.01 or less: fresh effects
// are of 50 responses and more (alarm.h).
constexpr double kStudentT = 2.01;

}  // namespace

Effect MeasureEffect(Question question, const EffectSums& sums, bool fresh) {
  Effect effect;
  const double n = sums.n;
  const double mean = sums.sum / n;
  const double variance =
      n > 1 ? std::max(0.0, (sums.squares - n * mean * mean) / (n - 1)) : 0;
  const double half = std::sqrt(variance) *
                      (fresh ? kStudentT / std::sqrt(n) : SequenceHalfWidth(n));
  if (IsRank(question)) {
    effect.unit = "ratio";
    effect.value = std::exp2(mean);
    effect.low = std::exp2(mean - half);
    effect.high = std::exp2(mean + half);
  } else {
    effect.unit = "points";
    const double change = mean - sums.expected / n;
    effect.value = change;
    effect.low = std::max(-1.0, change - half);
    effect.high = std::min(1.0, change + half);
    if (!IsGain(question)) {
      effect.value = -effect.value;
      std::swap(effect.low, effect.high);
      effect.low = -effect.low;
      effect.high = -effect.high;
    }
  }
  if (n < 3 && !fresh) {
    effect.low = std::numeric_limits<double>::quiet_NaN();
    effect.high = std::numeric_limits<double>::quiet_NaN();
  }
  return effect;
}

}  // namespace reasonwatch
