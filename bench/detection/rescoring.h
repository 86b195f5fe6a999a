// SPDX-License-Identifier: Apache-2.0
// Simulates groups of re-runs on problems whose healthy failure rates are drawn
// from Beta(1, 6) and known to the rescorer only by their baseline trials.
//
// Both selections of real traffic are made: a problem is in the set if at most
// a quarter of its trials failed, and is asked again because it has just failed
// live. Each favours problems that are worse than they look.
#ifndef REASONWATCH_BENCH_DETECTION_RESCORING_H_
#define REASONWATCH_BENCH_DETECTION_RESCORING_H_

#include <cstdint>

namespace reasonwatch {

struct RescoreRates {
  double confirmed = 0;
  double cleared = 0;
  double samples = 0;  // mean
  int runs = 0;
};

// `trials`: baseline trials of each problem. `loss`: the share of successes
// that have turned into failures. `problems`: 1 for a group, more for the
// pooled verdict of an incident.
RescoreRates SimulateRescoring(int trials, double loss, int problems, int runs,
                               uint64_t seed);

}  // namespace reasonwatch

#endif  // REASONWATCH_BENCH_DETECTION_RESCORING_H_
