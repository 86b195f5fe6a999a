// SPDX-License-Identifier: Apache-2.0
// The thresholds (gamma) of a level's signals; budget.h computes them.
#ifndef REASONWATCH_DETECTORS_LEVEL_THRESHOLDS_H_
#define REASONWATCH_DETECTORS_LEVEL_THRESHOLDS_H_

#include <array>
#include <cstddef>

#include "core/signal.h"

namespace reasonwatch {

// gamma, the mean responses between false alarms of one signal: `warning` and
// `critical` for a signal with an even share of the budget, times its factor.
struct Thresholds {
  double warning = 1e5;
  double critical = 4e5;
  std::array<double, kSignalCount> factor = [] {
    std::array<double, kSignalCount> even{};
    even.fill(1);
    return even;
  }();
  double WarningOf(Signal s) const {
    return warning * factor[static_cast<size_t>(s)];
  }
  double CriticalOf(Signal s) const {
    return critical * factor[static_cast<size_t>(s)];
  }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_THRESHOLDS_H_
