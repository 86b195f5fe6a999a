// SPDX-License-Identifier: Apache-2.0
// The readings of a stream's reference, as they would be counted of live
// responses that are like it. Plain value.
#ifndef REASONWATCH_CORE_EXPECTED_READINGS_H_
#define REASONWATCH_CORE_EXPECTED_READINGS_H_

#include <array>
#include <cstdint>
#include <limits>

#include "core/feature.h"

namespace reasonwatch {

struct ExpectedReadings {
  static constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

  // Tokens; the middle 80 % lie between low and high. NaN if no length is
  // known.
  struct Band {
    double low = kNone;
    double median = kNone;
    double high = kNone;
  };
  Band output;
  Band reasoning;
  // Share of the responses that show the reading, by Feature; NaN if it was
  // never taken, or is no rate.
  std::array<double, kFeatureCount> rate{};
  int64_t responses = 0;  // of the reference
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_EXPECTED_READINGS_H_
