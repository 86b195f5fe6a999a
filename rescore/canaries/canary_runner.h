// SPDX-License-Identifier: Apache-2.0
// Canaries: solved problems that are asked on schedule, one sample each.
//
// Each outcome is added to the model's CanaryWatch. A canary that fails is
// asked again as a group of its own, and an alarm of the watch starts a
// campaign under the id of an incident to come: the incident book opens
// the incident if the verdict is `confirmed`.
//
// Not thread-safe; stepped by the Rescorer's thread.
#ifndef REASONWATCH_RESCORE_CANARIES_CANARY_RUNNER_H_
#define REASONWATCH_RESCORE_CANARIES_CANARY_RUNNER_H_

#include <optional>
#include <string_view>

#include "absl/time/time.h"
#include "core/incident.h"
#include "rescore/campaigns/campaign_runner.h"
#include "rescore/canaries/canary_book.h"
#include "rescore/group_runner.h"
#include "rescore/question_runner.h"

namespace reasonwatch {

class CanaryRunner : public QuestionRunner {
 public:
  // All must outlive it.
  CanaryRunner(RunnerContext& context, CanaryBook& book, GroupRunner& groups,
               CampaignRunner& campaigns)
      : context_(context),
        book_(book),
        groups_(groups),
        campaigns_(campaigns) {}

  // The latest state of an incident: canaries begin anew once the incident that
  // they have opened is closed.
  void Observe(const Incident& incident);
  // Starts a campaign for each model whose canaries sound an alarm.
  void AnswerAlarms(absl::Time now);
  // Queues the next canary if it is its turn. `budget_allows`: enough is left
  // of the budget; without, the turn passes.
  void Schedule(bool budget_allows, absl::Time now);

  // Canaries, and the groups of canaries that failed.
  bool Owns(const RescoreJob& job) const override {
    return job.incident.empty() && job.trigger == RescoreTrigger::kCanary;
  }
  std::optional<RescoreQuestion> Next(absl::Time now) override;
  void ObserveSample(const RescoreQuestion& question, absl::Time now) override;
  Standing StandingOf(const RescoreQuestion& question) const override {
    return groups_.StandingOf(question);
  }
  void ObserveError(const RescoreQuestion&, std::string_view) override {}

 private:
  // Ends a canary, or a group, that needs no further sample.
  void Decide(RescoreJob& job, absl::Time now);
  // Adds the outcome of a canary to its model's, and ends its job.
  void CountCanary(const RescoreJob& job, const RescoreProblem& problem,
                   absl::Time now);

  RunnerContext& context_;
  CanaryBook& book_;
  GroupRunner& groups_;
  CampaignRunner& campaigns_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CANARIES_CANARY_RUNNER_H_
