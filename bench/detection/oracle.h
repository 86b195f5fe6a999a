// SPDX-License-Identifier: Apache-2.0
// The yardstick: a CUSUM that knows the healthy and the changed distribution,
// with its threshold set for the same mean run length between false alarms.
// Exactly minimax (Moustakides 1986), so no detector has a shorter worst-case
// delay at that run length.
#ifndef REASONWATCH_BENCH_DETECTION_ORACLE_H_
#define REASONWATCH_BENCH_DETECTION_ORACLE_H_

#include <functional>

#include "bench/detection/streams.h"

namespace reasonwatch {

// Log-likelihood ratio of one response drawn from the healthy (false) or the
// changed (true) distribution.
using LogRatio = std::function<double(Draw& draw, bool changed)>;

// `delta` is the shift in standard deviations of a share `phi` of responses.
LogRatio NormalShift(double delta, double phi);
// A rate that goes from `healthy` to `changed`.
LogRatio RateShift(double healthy, double changed);

struct OracleResult {
  double threshold = 0;
  double mean_delay = 0;  // responses, change after 1,000 healthy ones
  double divergence = 0;  // mean log ratio of a changed response, nats
};

// `paths` runs of up to 3 gamma responses set the threshold (exponential run
// lengths, censored); 4 x `paths` give the delay.
OracleResult MeasureOracle(const LogRatio& log_ratio, double gamma, int paths,
                           uint64_t seed);

}  // namespace reasonwatch

#endif  // REASONWATCH_BENCH_DETECTION_ORACLE_H_
