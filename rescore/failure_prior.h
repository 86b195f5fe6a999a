// Beta(alpha, beta) of the failure rates of all problems of a model, fitted by
// maximum likelihood (beta-binomial), as in detectors/consistency.
//
// With one trial a problem the strength alpha + beta can't be told; it is then
// 0.5, with the pooled mean (add-one).
#ifndef REASONWATCH_RESCORE_FAILURE_PRIOR_H_
#define REASONWATCH_RESCORE_FAILURE_PRIOR_H_

#include <cstdint>
#include <vector>

#include "rescore/bayes_factor.h"

namespace reasonwatch {

struct Trials {
  int32_t count = 0;
  int32_t failures = 0;
};

// Over all problems, solved or not: selected ones would look better than they
// are. Beta(.5, .5) without any trial.
FailurePosterior FitFailurePrior(const std::vector<Trials>& problems);

// Of one problem. `chosen_for_failing`: a live failure picked it.
inline FailurePosterior PosteriorOf(const FailurePosterior& prior,
                                    const Trials& trials,
                                    bool chosen_for_failing) {
  return {prior.a + trials.failures + (chosen_for_failing ? 1 : 0),
          prior.b + trials.count - trials.failures};
}

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_FAILURE_PRIOR_H_
