// SPDX-License-Identifier: Apache-2.0
// Groups: one problem, asked up to 16 times until its own verdict is decided.
// Serves the groups that an operator asks for by hand, and lends CanaryRunner
// the same steps for canaries that failed.
//
// Not thread-safe; stepped by the Rescorer's thread.
#ifndef REASONWATCH_RESCORE_GROUP_RUNNER_H_
#define REASONWATCH_RESCORE_GROUP_RUNNER_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "core/rescore_job.h"
#include "rescore/question_runner.h"

namespace reasonwatch {

class GroupRunner : public QuestionRunner {
 public:
  // Must outlive it.
  explicit GroupRunner(RunnerContext& context) : context_(context) {}

  bool Owns(const RescoreJob& job) const override {
    return job.trigger == RescoreTrigger::kManual;
  }
  std::optional<RescoreQuestion> Next(absl::Time now) override;
  void ObserveSample(const RescoreQuestion& question, absl::Time now) override;
  Standing StandingOf(const RescoreQuestion& question) const override;
  void ObserveError(const RescoreQuestion&, std::string_view) override {}

  // The next question of any group. None: the group needs no further sample, or
  // can't get one, and Decide() ends it.
  std::optional<RescoreQuestion> NextSampleOf(RescoreJob& job) const;
  // Ends the group with its verdict if its samples decide, or none can follow.
  // `job` is gone then.
  void Decide(RescoreJob& job, absl::Time now);

 private:
  RunnerContext& context_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_GROUP_RUNNER_H_
