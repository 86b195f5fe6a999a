// SPDX-License-Identifier: Apache-2.0
// The seam between the Rescorer, which decides when a question may be asked,
// and the three kinds of work that have questions: campaigns of incidents,
// canaries, and problems that are asked by hand.
#ifndef REASONWATCH_RESCORE_QUESTION_RUNNER_H_
#define REASONWATCH_RESCORE_QUESTION_RUNNER_H_

#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "core/rescore_job.h"
#include "core/verdict.h"
#include "rescore/asker.h"
#include "rescore/job_queue.h"
#include "rescore/options.h"
#include "rescore/problem_set.h"
#include "rescore/statistics/bayes_factor.h"
#include "rescore/tally.h"

namespace reasonwatch {

// The parts that all runners share; owned by the Rescorer, which outlives them.
struct RunnerContext {
  const RescorerOptions& options;
  const RescoreEndpoints& endpoints;
  const Asker& asker;
  JobQueue& queue;
  RescoreTally& tally;
  // Sends a verdict on its way; gives it its sequence number.
  std::function<void(Verdict)> emit;
  // The problems of this step; null until there are any.
  std::shared_ptr<const ProblemSet> problems;
  int errors_in_a_row = 0;  // over all runners; any sample sets it to 0
};

// The evidence so far and where it is decided.
struct Standing {
  // For a loss; NaN = the question belongs to a comparison.
  double bayes_factor = std::numeric_limits<double>::quiet_NaN();
  Bounds bounds;
};

// One kind of work. Not thread-safe: one thread steps all runners.
//
// Next() and ObserveSample() need problems in the context.
class QuestionRunner {
 public:
  virtual ~QuestionRunner() = default;

  // Whether the job's questions come from this runner.
  virtual bool Owns(const RescoreJob& job) const = 0;
  // The next question. Concludes all work that needs no further sample. None:
  // there is nothing to ask now.
  virtual std::optional<RescoreQuestion> Next(absl::Time now) = 0;
  // The answer of a question is the last sample of its job, and on disk.
  virtual void ObserveSample(const RescoreQuestion& question,
                             absl::Time now) = 0;
  // How far the samples that are judged with this question's have come.
  virtual Standing StandingOf(const RescoreQuestion& question) const = 0;
  // The question brought no sample, for this reason.
  virtual void ObserveError(const RescoreQuestion& question,
                            std::string_view error) = 0;
  // The question was given up for the requests of others.
  virtual void ObserveYield(const RescoreQuestion&) {}
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_QUESTION_RUNNER_H_
