// Groups of re-runs on problems whose healthy failure rates are drawn from
// Beta(1, 6) and known only from baseline trials.
//
// A problem is in the set where at most a quarter of its trials failed, and is
// asked again because it was just failed live: both select the worse of what
// looks alike, as in life.
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

// `trials`: of the baseline, a problem. `loss`: share of the successes that
// have turned into failures. `problems` 1: a group; else pooled.
RescoreRates SimulateRescoring(int trials, double loss, int problems, int runs,
                               uint64_t seed);

}  // namespace reasonwatch

#endif  // REASONWATCH_BENCH_DETECTION_RESCORING_H_
