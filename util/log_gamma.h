// SPDX-License-Identifier: Apache-2.0
// ln Gamma(x) for x > 0, which detectors and rescore need. Thread-safe, unlike
// std::lgamma(), which writes a global.
#ifndef REASONWATCH_UTIL_LOG_GAMMA_H_
#define REASONWATCH_UTIL_LOG_GAMMA_H_

#include <cmath>

namespace reasonwatch {

inline double LogGamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_LOG_GAMMA_H_
