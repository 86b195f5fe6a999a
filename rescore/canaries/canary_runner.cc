// SPDX-License-Identifier: Apache-2.0
#include "rescore/canaries/canary_runner.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rescore/statistics/failure_prior.h"
#include "util/strings.h"

namespace reasonwatch {

void CanaryRunner::Observe(const Incident& incident) {
  if (!incident.open() && book_.IncidentOf(incident.model) == incident.id)
    book_.Forget(incident.model);
}

std::optional<RescoreQuestion> CanaryRunner::Next(absl::Time now) {
  for (const std::string& id : context_.queue.Ids()) {
    RescoreJob* job = context_.queue.Find(id);
    if (job == nullptr || !Owns(*job)) continue;
    if (auto question = groups_.NextSampleOf(*job)) return question;
    Decide(*job, now);
  }
  return std::nullopt;
}

void CanaryRunner::ObserveSample(const RescoreQuestion& question,
                                 absl::Time now) {
  Decide(*question.job, now);
}

void CanaryRunner::Decide(RescoreJob& job, absl::Time now) {
  const RescoreProblem* problem =
      context_.problems->Find(job.model, job.problem);
  const bool single = job.limit == 1;
  // A canary that brought only errors ends like a group without samples.
  if (!single || problem == nullptr || context_.queue.Failing(job))
    return groups_.Decide(job, now);
  if (CountOf(job, "") > 0) CountCanary(job, *problem, now);
}

void CanaryRunner::CountCanary(const RescoreJob& job,
                               const RescoreProblem& problem, absl::Time now) {
  // The schedule has selected the problem, not a failure of it.
  const FailurePosterior healthy =
      PosteriorOf(context_.problems->PriorOf(job.model, Reward::kOutcome),
                  problem.trials[static_cast<size_t>(Reward::kOutcome)],
                  /*chosen_for_failing=*/false);
  auto over = book_.Count(job, healthy,
                          campaigns_.Has(book_.IncidentOf(job.model)), now);
  if (over.has_value()) context_.emit(*std::move(over));
  const bool fails = job.samples.front().rewards[0] == 0;
  RescoreJob group;
  // The day is part of the id: each problem gets one such group a day.
  group.id = JobId(absl::StrCat("group ", absl::ToUnixSeconds(now) / 86400),
                   job.model, job.problem);
  group.model = job.model;
  group.problem = job.problem;
  group.trigger = RescoreTrigger::kCanary;
  group.created = now;
  group.limit = context_.options.group;
  const std::string id = job.id;
  context_.queue.Finish(id, fails ? "failed" : "passed", "", now);
  if (fails) context_.queue.Add(std::move(group));
}

void CanaryRunner::AnswerAlarms(absl::Time now) {
  if (context_.problems == nullptr) return;
  for (const std::string& model : book_.Alarms()) {
    // A campaign for live evidence is under way already.
    if (campaigns_.Investigates(model)) continue;
    Incident incident;
    incident.id = absl::StrFormat(
        "inc-%012x", StableHash(absl::StrFormat("canaries\n%s\n%d", model,
                                                absl::ToUnixNanos(now))) >>
                         16);
    incident.model = model;
    incident.scope = Scope::kModel;
    incident.opened = now;
    incident.updated = now;
    incident.onset_time = now;
    IncidentSignal& signal = incident.signals.emplace_back();
    signal.signal = Signal::kConsistencyRegression;
    book_.Answer(model, incident.id);
    campaigns_.Start(incident, now);
    // The campaign can't be asked, or has ended at once.
    if (!campaigns_.Has(incident.id)) book_.SetIncident(model, "");
  }
}

void CanaryRunner::Schedule(bool budget_allows, absl::Time now) {
  if (context_.problems == nullptr || !book_.ClaimTurn(now) || !budget_allows)
    return;
  // One at a time: they would only pile up behind a shut gate.
  if (context_.queue.HasTrigger(RescoreTrigger::kCanary)) return;
  if (auto job = book_.Next(*context_.problems, now))
    context_.queue.Add(*std::move(job));
}

}  // namespace reasonwatch
