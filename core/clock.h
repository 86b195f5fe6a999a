// SPDX-License-Identifier: Apache-2.0
// The seam for time.
#ifndef REASONWATCH_CORE_CLOCK_H_
#define REASONWATCH_CORE_CLOCK_H_

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace reasonwatch {

// Time as the daemon sees it: the wall clock live, the latest response's time
// in a replay. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
};

// The machine's clock. Thread-safe.
class WallClock : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_CLOCK_H_
