// ln Gamma(x) for x > 0. std::lgamma() writes a global.
#ifndef REASONWATCH_RESCORE_LOG_GAMMA_H_
#define REASONWATCH_RESCORE_LOG_GAMMA_H_

#include <cmath>

namespace reasonwatch {

inline double LogGamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_LOG_GAMMA_H_
