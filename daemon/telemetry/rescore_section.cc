// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/rescore_section.h"

#include <algorithm>
#include <cmath>

namespace reasonwatch {

void RescoreSection::Add(Metric metric, const Labels& labels, int64_t now,
                         int64_t before) {
  families_.CounterAt(metric, labels)
      .Increment(static_cast<double>(std::max<int64_t>(0, now - before)));
}

void RescoreSection::AddAll(Metric metric, const char* label,
                            const std::map<std::string, int64_t>& now,
                            const std::map<std::string, int64_t>& before) {
  for (const auto& [name, value] : now) {
    const auto it = before.find(name);
    Add(metric, {{label, name}}, value, it == before.end() ? 0 : it->second);
  }
}

void RescoreSection::Set(const RescoreTotals& now) {
  AddAll(Metric::kRescoreJobs, "state", now.jobs, seen_.jobs);
  AddAll(Metric::kRescoreVerdicts, "verdict", now.verdicts, seen_.verdicts);
  AddAll(Metric::kRescoreErrors, "reason", now.errors, seen_.errors);
  AddAll(Metric::kWebhooks, "outcome", now.webhooks, seen_.webhooks);
  AddAll(Metric::kEvaluations, "outcome", now.evaluations, seen_.evaluations);
  AddAll(Metric::kJudgeChains, "outcome", now.judge_chains, seen_.judge_chains);
  Add(Metric::kRescoreSamples, {}, now.samples, seen_.samples);
  Add(Metric::kRescoreTokens, {}, now.tokens, seen_.tokens);
  Add(Metric::kRescoreYields, {}, now.yielded, seen_.yielded);
  families_.GaugeAt(Metric::kRescoreGateOpen, {}).Set(now.gate_open ? 1 : 0);
  families_.GaugeAt(Metric::kJudgeAnchorError, {})
      .Set(std::isnan(now.anchor_error) ? -1 : now.anchor_error);
  seen_ = now;
}

void RescoreSection::SetGrader(const std::map<std::string, int64_t>& answers,
                               int64_t starts) {
  AddAll(Metric::kGraderAnswers, "result", answers, grader_answers_);
  Add(Metric::kGraderStarts, {}, starts, grader_starts_);
  grader_answers_ = answers;
  grader_starts_ = starts;
}

void RescoreSection::SetFramesForgotten(int64_t frames) {
  Add(Metric::kFramesForgotten, {}, frames, frames_forgotten_);
  frames_forgotten_ = frames;
}

// table: the rows of the catalogue that this section fills.
std::vector<MetricInfo> RescoreSection::Rows() {
  using enum MetricType;
  return {
      {Metric::kRescoreJobs,
       "reasonwatch_rescore_jobs_total",
       kCounter,
       "jobs",
       {"state"},
       "Groups of re-runs that were created, finished or dropped.",
       "created minus finished is what waits; `dropped` met a full queue."},
      {Metric::kRescoreSamples,
       "reasonwatch_rescore_samples_total",
       kCounter,
       "responses",
       {},
       "Responses of the model to re-runs and canaries.",
       "What was asked of the server beside its own traffic."},
      {Metric::kRescoreTokens,
       "reasonwatch_rescore_tokens_total",
       kCounter,
       "tokens",
       {},
       "Output tokens of re-runs and canaries.",
       "Held down by rescore.tokens_per_hour."},
      {Metric::kRescoreVerdicts,
       "reasonwatch_rescore_verdicts_total",
       kCounter,
       "verdicts",
       {"verdict"},
       "Verdicts of re-runs: confirmed, not_reproduced, "
       "not_reproduced_alone, undecided or unavailable.",
       "Many not_reproduced: alerts that asking again does not bear out."},
      {Metric::kRescoreErrors,
       "reasonwatch_rescore_errors_total",
       kCounter,
       "questions",
       {"reason"},
       "Questions that gave no sample, by reason.",
       "While it grows no incident can be confirmed."},
      {Metric::kRescoreYields,
       "reasonwatch_rescore_yields_total",
       kCounter,
       "questions",
       {},
       "Questions given up because others needed the server.",
       "Each is asked again when the server has rested."},
      {Metric::kRescoreGateOpen,
       "reasonwatch_rescore_gate_open",
       kGauge,
       "gate",
       {},
       "1 while the server has room for re-runs, else 0.",
       "Shut for long: verdicts come late or never."},
      {Metric::kJudgeChains,
       "reasonwatch_judge_chains_total",
       kCounter,
       "chains",
       {"outcome"},
       "Chains given to the judge model: rated, unreadable, failed, dropped or "
       "ignored.",
       "`ignored`: the judge is off on chains whose scores are known."},
      {Metric::kJudgeAnchorError,
       "reasonwatch_judge_anchor_error",
       kGauge,
       "score",
       {},
       "Mean error of the judge model's scores on chains whose scores are "
       "known; -1 while it was not asked.",
       "Over 0.5 the judge is not listened to."},
      {Metric::kWebhooks,
       "reasonwatch_webhook_deliveries_total",
       kCounter,
       "messages",
       {"outcome"},
       "Messages to the webhook: delivered, retried, failed or dropped.",
       "`failed` and `dropped` were told to nobody."},
      {Metric::kEvaluations,
       "reasonwatch_evaluation_events_total",
       kCounter,
       "events",
       {"outcome"},
       "Judgements for the collector of otel.endpoint: sent, failed or "
       "dropped.",
       "`dropped` met a full queue; `failed` were refused four times."},
      {Metric::kGraderAnswers,
       "reasonwatch_grader_answers_total",
       kCounter,
       "answers",
       {"result"},
       "Live answers that grading.command was to grade, by what came of them.",
       "All but `graded` are ungradable: `timeout`, `ended`, `garbage`; "
       "`resting` after failures; `stale` and `queue_full` where it is too "
       "slow."},
      {Metric::kGraderStarts,
       "reasonwatch_grader_starts_total",
       kCounter,
       "processes",
       {},
       "Times that grading.command was started for live traffic.",
       "Grows where the grader dies or has to be stopped."},
      {Metric::kFramesForgotten,
       "reasonwatch_frames_forgotten_total",
       kCounter,
       "frames",
       {},
       "Texts round problems that were forgotten for room before they recurred "
       "round enough different problems.",
       "Grows fast if each prompt has a text of its own round its problem: "
       "those are not recognised."},
  };
}

}  // namespace reasonwatch
