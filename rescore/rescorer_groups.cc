// The rescorer's groups of one problem: canaries, and what is asked by hand.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/strings.h"
#include "rescore/rescorer.h"

namespace reasonwatch {

// A canary's one sample needs none.
bool Rescorer::NeedsComparison(const RescoreJob& job,
                               const RescoreProblem& problem) const {
  return job.limit > 1 &&
         !EnoughTrials({{&problem, &job}}, SetOf(Reward::kOutcome));
}

std::optional<RescoreQuestion> Rescorer::NextOfGroup(RescoreJob& job) {
  const RescoreProblem* problem = set_->Find(job.model, job.problem);
  if (problem == nullptr) {
    const std::string id = job.id;
    queue_.Finish(id, VerdictName(VerdictKind::kUndecided), "no_problem",
                  clock_.Now());
    return std::nullopt;
  }
  const int count = CountOf(job, "");
  const bool few = NeedsComparison(job, *problem);
  if (count >= job.limit || queue_.Failing(job) ||
      (few && endpoints_.reference == nullptr)) {
    JudgeGroup(job, clock_.Now());
    return std::nullopt;
  }
  if (const int compared = CountOf(job, kReference); few && compared < count)
    return RescoreQuestion{&job, problem, kReference, compared};
  return RescoreQuestion{&job, problem, "", count};
}

void Rescorer::JudgeGroup(RescoreJob& job, absl::Time now) {
  const RescoreProblem* problem = set_->Find(job.model, job.problem);
  if (problem == nullptr) return;
  const bool failing = queue_.Failing(job);
  const int count = CountOf(job, "");
  if (job.trigger == RescoreTrigger::kCanary && job.limit == 1 && !failing) {
    if (count > 0) JudgeCanary(job, *problem, now);
    return;
  }
  const bool few = NeedsComparison(job, *problem);
  Verdict v = Judge(*set_, {{problem, &job}}, SetOf(Reward::kOutcome),
                    kProblemBounds, job.limit, few ? kReference : "");
  const bool unanswerable = few && endpoints_.reference == nullptr;
  if (v.kind == VerdictKind::kUndecided && count < job.limit && !failing &&
      !unanswerable)
    return;
  if (failing && v.kind == VerdictKind::kUndecided) v.reason = tally_.Blocked();
  v.model = job.model;
  v.problem = job.problem;
  v.time = now;
  const GroupStatistics statistics = StatisticsOf(job.samples, v.reward);
  v.group_mean = statistics.mean;
  v.group_deviation = statistics.deviation;
  if (job.trigger == RescoreTrigger::kCanary)
    v.advantage = Advantage(statistics, /*reward=*/0);
  const std::string id = job.id;
  queue_.Finish(id, VerdictName(v.kind), v.reason, now);
  Tell(std::move(v));
}

void Rescorer::JudgeCanary(const RescoreJob& job, const RescoreProblem& problem,
                           absl::Time now) {
  // Nothing but the schedule has picked it.
  const FailurePosterior healthy =
      PosteriorOf(set_->PriorOf(job.model, Reward::kOutcome), problem.trials[0],
                  /*chosen_for_failing=*/false);
  auto over = canaries_.Count(
      job, healthy, campaigns_.contains(canaries_.IncidentOf(job.model)), now);
  if (over.has_value()) Tell(*std::move(over));
  // Only one that fails a solved problem is worth a group.
  const bool fails = job.samples.front().rewards[0] == 0;
  RescoreJob group;
  group.id = JobId(absl::StrCat("group ", absl::ToUnixSeconds(now) / 86400),
                   job.model, job.problem);
  group.model = job.model;
  group.problem = job.problem;
  group.trigger = RescoreTrigger::kCanary;
  group.created = now;
  group.limit = options_.group;
  const std::string id = job.id;
  queue_.Finish(id, fails ? "failed" : "passed", "", now);
  if (fails) queue_.Add(std::move(group));
}

// Those that sound an alarm are asked in earnest, all problems together.
void Rescorer::LookAtCanaries(absl::Time now) {
  if (set_ == nullptr) return;
  for (const std::string& model : canaries_.Alarms()) {
    // Live evidence is being looked into already.
    if (std::any_of(campaigns_.begin(), campaigns_.end(), [&](const auto& c) {
          return c.second.incident.model == model;
        }))
      continue;
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
    canaries_.Answer(model, incident.id);
    StartCampaign(incident, now);
    // It can't be asked in earnest, or has ended at once.
    if (!campaigns_.contains(incident.id)) canaries_.SetIncident(model, "");
  }
}

void Rescorer::MakeCanary(absl::Time now) {
  if (set_ == nullptr || !canaries_.TakeTurn(now) || !budget_.AllowsCanary(now))
    return;
  // One at a time: behind a shut gate they would only heap up.
  if (queue_.HasTrigger(RescoreTrigger::kCanary)) return;
  if (auto job = canaries_.Next(*set_, now)) queue_.Add(*std::move(job));
}

}  // namespace reasonwatch
