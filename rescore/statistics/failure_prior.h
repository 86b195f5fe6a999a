// SPDX-License-Identifier: Apache-2.0
// Beta(alpha, beta) of the failure rates of all problems of a model, fitted by
// maximum likelihood (beta-binomial), as in detectors/consistency.
//
// If most problems have one trial, the data do not determine the strength alpha
// + beta; it is 0.5 then, with the pooled mean (add-one). The likelihood of n
// trials with f failures is B(alpha+f, beta+n-f) / B(alpha, beta).
#ifndef REASONWATCH_RESCORE_STATISTICS_FAILURE_PRIOR_H_
#define REASONWATCH_RESCORE_STATISTICS_FAILURE_PRIOR_H_

#include <cstdint>
#include <vector>

#include "rescore/statistics/bayes_factor.h"

namespace reasonwatch {

struct Trials {
  int32_t count = 0;
  int32_t failures = 0;
};

// `problems`: all of the model, solved or not; solved ones alone would look
// better than they are. Beta(.5, .5), Jeffreys' prior, without any trial.
FailurePosterior FitFailurePrior(const std::vector<Trials>& problems);

// The failure rate of one problem. `chosen_for_failing`: it was selected by a
// live failure.
inline FailurePosterior PosteriorOf(const FailurePosterior& prior,
                                    const Trials& trials,
                                    bool chosen_for_failing) {
  return {prior.a + trials.failures + (chosen_for_failing ? 1 : 0),
          prior.b + trials.count - trials.failures};
}

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_STATISTICS_FAILURE_PRIOR_H_
