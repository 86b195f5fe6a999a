// SPDX-License-Identifier: Apache-2.0
// The load of a model server.
#ifndef REASONWATCH_CORE_LOAD_READING_H_
#define REASONWATCH_CORE_LOAD_READING_H_

#include <limits>

namespace reasonwatch {

// How busy the server is; NaN = it does not say.
struct LoadReading {
  double waiting = std::numeric_limits<double>::quiet_NaN();   // requests
  double running = std::numeric_limits<double>::quiet_NaN();   // requests
  double kv_usage = std::numeric_limits<double>::quiet_NaN();  // 0..1
  // Since the server's start, all requests together.
  double generated_tokens = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_LOAD_READING_H_
