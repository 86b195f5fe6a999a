// SPDX-License-Identifier: Apache-2.0
// Settings of what watches a model.
#ifndef REASONWATCH_DETECTORS_WATCH_OPTIONS_H_
#define REASONWATCH_DETECTORS_WATCH_OPTIONS_H_

#include <cstdint>

#include "detectors/level/budget.h"
#include "detectors/reference/options.h"

namespace reasonwatch {

struct WatchOptions {
  BudgetOptions budget;
  ReferenceOptions reference;
  uint32_t enabled_signals = ~0u;  // bit a Signal; also those in shadow mode
  int max_replicas = 64;
  // Streams of this daemon, for the budget; at least 1.
  int streams = 1;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_WATCH_OPTIONS_H_
