// SPDX-License-Identifier: Apache-2.0
// Settings of a stream's reference; the configuration key `reference`.
#ifndef REASONWATCH_DETECTORS_REFERENCE_OPTIONS_H_
#define REASONWATCH_DETECTORS_REFERENCE_OPTIONS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace reasonwatch {

// Responses that wait before they are learnt. An alarm drops those that wait,
// so a change that is noticed within this many teaches the reference nothing.
inline constexpr int kQuarantine = 500;

struct ReferenceOptions {
  int32_t cap = 5000;                             // responses a stratum
  absl::Duration min_span = absl::Hours(24 * 7);  // until the cap is reached
  bool freeze = false;                            // learn nothing from live
  bool from_solved = false;  // learn no response that was graded incorrect
  int32_t quarantine = kQuarantine;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_OPTIONS_H_
