// SPDX-License-Identifier: Apache-2.0
#include "rescore/group_runner.h"

#include <string>
#include <utility>

#include "rescore/statistics/group.h"

namespace reasonwatch {
namespace {

// Whether samples of the reference must make up for missing trials. The one
// sample of a canary is only counted, so it needs none.
bool NeedsComparison(const RescoreJob& job, const RescoreProblem& problem) {
  return job.limit > 1 &&
         !EnoughTrials({{&problem, &job}}, SetOf(Reward::kOutcome));
}

}  // namespace

std::optional<RescoreQuestion> GroupRunner::Next(absl::Time now) {
  for (const std::string& id : context_.queue.Ids()) {
    RescoreJob* job = context_.queue.Find(id);
    if (job == nullptr || !Owns(*job)) continue;
    if (auto question = NextSampleOf(*job)) return question;
    Decide(*job, now);
  }
  return std::nullopt;
}

void GroupRunner::ObserveSample(const RescoreQuestion& question,
                                absl::Time now) {
  Decide(*question.job, now);
}

Standing GroupRunner::StandingOf(const RescoreQuestion& q) const {
  const bool few = NeedsComparison(*q.job, *q.problem);
  return {DecideVerdict(*context_.problems, {{q.problem, q.job}},
                        SetOf(Reward::kOutcome), kProblemBounds, q.job->limit,
                        few ? kReference : "")
              .bayes_factor,
          kProblemBounds};
}

std::optional<RescoreQuestion> GroupRunner::NextSampleOf(
    RescoreJob& job) const {
  const RescoreProblem* problem =
      context_.problems->Find(job.model, job.problem);
  if (problem == nullptr) return std::nullopt;
  const int count = CountOf(job, "");
  const bool few = NeedsComparison(job, *problem);
  if (count >= job.limit || context_.queue.Failing(job) ||
      (few && context_.endpoints.reference == nullptr))
    return std::nullopt;
  if (const int compared = CountOf(job, kReference); few && compared < count)
    return RescoreQuestion{&job, problem, kReference, compared};
  return RescoreQuestion{&job, problem, "", count};
}

void GroupRunner::Decide(RescoreJob& job, absl::Time now) {
  const std::string id = job.id;
  const RescoreProblem* problem =
      context_.problems->Find(job.model, job.problem);
  if (problem == nullptr)
    return context_.queue.Finish(id, VerdictName(VerdictKind::kUndecided),
                                 "no_problem", now);
  const bool failing = context_.queue.Failing(job);
  const int count = CountOf(job, "");
  const bool few = NeedsComparison(job, *problem);
  Verdict v = DecideVerdict(*context_.problems, {{problem, &job}},
                            SetOf(Reward::kOutcome), kProblemBounds, job.limit,
                            few ? kReference : "");
  const bool unanswerable = few && context_.endpoints.reference == nullptr;
  if (v.kind == VerdictKind::kUndecided && count < job.limit && !failing &&
      !unanswerable)
    return;
  if (failing && v.kind == VerdictKind::kUndecided)
    v.reason = context_.tally.Blocked();
  v.model = job.model;
  v.problem = job.problem;
  v.time = now;
  const GroupStatistics statistics = StatisticsOf(job.samples, v.reward);
  v.group_mean = statistics.mean;
  v.group_deviation = statistics.deviation;
  if (job.trigger == RescoreTrigger::kCanary)
    v.advantage = Advantage(statistics, /*reward=*/0);
  context_.queue.Finish(id, VerdictName(v.kind), v.reason, now);
  context_.emit(std::move(v));
}

}  // namespace reasonwatch
