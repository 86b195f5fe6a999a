// SPDX-License-Identifier: Apache-2.0
// Which share of the traffic that a server or proxy served was seen by the
// taps. Plain value.
#ifndef REASONWATCH_CORE_COVERAGE_H_
#define REASONWATCH_CORE_COVERAGE_H_

#include <cstdint>
#include <limits>
#include <string>

#include "absl/time/time.h"

namespace reasonwatch {

// Totals of our own since the start of the process.
struct SeenTotals {
  double exchanges = 0;  // that an Envoy showed, of whatever kind
  double requests = 0;   // evaluated, each counted once
  double tokens = 0;     // of their outputs
};

// One server or proxy whose counter is read.
struct CoverageSnapshot {
  std::string target;   // its name in the configuration, else host:port
  std::string counter;  // the counter that was read, "" = none yet
  // In the latest minutes, in the counter's unit; NaN = not known yet.
  double served = std::numeric_limits<double>::quiet_NaN();
  double seen = std::numeric_limits<double>::quiet_NaN();
  // 0..1; NaN = not known yet, or nothing was served in these minutes.
  double ratio = std::numeric_limits<double>::quiet_NaN();
  absl::Time read = absl::InfinitePast();  // the latest good answer
  std::string error;     // of the latest look, "" = it was good
  int64_t looks = 0;     // with a good answer
  int64_t failures = 0;  // without one
  int64_t restarts = 0;  // the counter went back: the server began anew
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_COVERAGE_H_
