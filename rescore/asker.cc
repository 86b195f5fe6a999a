// SPDX-License-Identifier: Apache-2.0
#include "rescore/asker.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "core/evaluator.h"
#include "core/scored.h"
#include "rescore/statistics/group.h"
#include "rescore/statistics/paired_ways.h"
#include "rescore/ways/requests_before.h"
#include "rescore/ways/way_plan.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {

std::string Asker::NameOf(const absl::Status& status) const {
  return options_.error_name
             ? options_.error_name(status)
             : absl::AsciiStrToLower(absl::StatusCodeToString(status.code()));
}

ModelClient& Asker::ClientFor(const std::string& way) const {
  if (way == kReference) return *endpoints_.reference;
  for (const auto& [name, client] : endpoints_.replicas)
    if (way == kReplicaPrefix + name) return *client;
  return *endpoints_.watched;
}

int64_t Asker::SeedOf(const RescoreJob& job, int index) {
  return static_cast<int64_t>(
      StableHash(absl::StrFormat("%s %d", job.id, index)) >> 33);
}

std::optional<Response> Asker::QuestionOf(const RescoreQuestion& q) const {
  if (q.way != kVariant) return q.problem->question;
  const auto variant = options_.variant(
      q.problem->id,
      StableHash(absl::StrFormat("%x %d", q.problem->digest, q.index)));
  if (!variant.has_value()) return std::nullopt;
  return AskVariant(q.problem->question, *variant);
}

bool Asker::HasVariant(const RescoreProblem& problem) const {
  return options_.variant != nullptr &&
         QuestionOf({nullptr, &problem, kVariant, 0}).has_value();
}

absl::StatusOr<SampleRequest> Asker::RequestFor(
    const RescoreQuestion& q) const {
  const std::optional<Response> asked = QuestionOf(q);
  if (!asked.has_value()) return absl::NotFoundError("no such variant");
  const Response& question = *asked;
  SampleRequest r;
  r.model = question.model;
  // Sent as a chat, in which a prompt is the last user message: taps see the
  // same of live requests.
  int64_t filled = q.way == kFilledContext ? options_.filled_context : 0;
  // A server refuses a prompt over its window; half of it leaves room for the
  // answer.
  if (filled > 0 && question.context_window > 0)
    filled = std::min(filled, question.context_window / 2);
  RW_ASSIGN_OR_RETURN(r.messages_json, FillContext(question, filled));
  const double unstated = std::numeric_limits<double>::quiet_NaN();
  r.temperature = question.sampling.temperature.value_or(unstated);
  r.top_p = question.sampling.top_p.value_or(unstated);
  r.max_tokens = q.problem->max_tokens;
  r.thinking = question.intent.thinking;
  r.effort = question.intent.effort;
  r.stream = question.streamed;
  r.seed = SeedOf(*q.job, q.index);
  r.id = absl::StrFormat(
      "%s-%08x", q.job->id,
      StableHash(absl::StrFormat("%s %d", q.way, q.index)) >> 32);
  if (q.way == kFreshCache) r.cache_salt = r.id;
  if (q.way == kOtherStream) r.stream = !r.stream;
  if (q.way == kThinkingOn) r.thinking = Thinking::kOn;
  if (q.way == kStreamed) r.stream = true;
  if (q.way == kUnstreamed) r.stream = false;
  return r;
}

std::vector<Asker::Answer> Asker::Ask(
    const std::vector<RescoreQuestion>& questions) {
  give_up_ = false;
  // Stop() may have run before give_up_ was reset above.
  if (stopped_) give_up_ = true;
  std::vector<Answer> answers(questions.size());
  // The first is asked by this thread, the others by threads of their own.
  std::vector<std::thread> others;
  for (size_t i = 1; i < questions.size(); ++i)
    others.emplace_back([&, i] { answers[i] = AskOne(questions[i]); });
  if (!questions.empty()) answers[0] = AskOne(questions[0]);
  for (std::thread& other : others) other.join();
  return answers;
}

Asker::Answer Asker::AskOne(const RescoreQuestion& question) {
  absl::StatusOr<SampleRequest> request = RequestFor(question);
  if (!request.ok()) return {.error = "bad_question"};
  ModelClient& client = ClientFor(question.way);
  absl::StatusOr<std::vector<SampleRequest>> before =
      RequestsBefore(question.way, question.problem->question, *request);
  if (!before.ok()) return {.error = "bad_question"};
  int64_t tokens = 0;
  for (SampleRequest& earlier : *before) {
    tokens += earlier.max_tokens;
    Answer answer = Send(std::move(earlier), client);
    answer.tokens_before = tokens;
    if (answer.given_up || !answer.error.empty()) return answer;
  }
  Answer answer = Send(*std::move(request), client);
  answer.tokens_before = tokens;
  return answer;
}

Asker::Answer Asker::Ask(SampleRequest request, ModelClient& client) {
  give_up_ = false;
  if (stopped_) give_up_ = true;
  return Send(std::move(request), client);
}

Asker::Answer Asker::Send(SampleRequest request, ModelClient& client) {
  request.timeout = options_.timeout;
  request.stop = &give_up_;
  ++asking_;
  const absl::StatusOr<std::vector<Response>> answer = client.Sample(request);
  --asking_;
  if (absl::IsCancelled(answer.status()) && give_up_) return {.given_up = true};
  if (!answer.ok()) return {.error = NameOf(answer.status())};
  if (answer->empty()) return {.error = "no_response"};
  const Response& first = answer->front();
  if (first.http_status >= 400)
    return {.error = absl::StrFormat("http_%d", first.http_status)};
  return {.response = first};
}

Response Asker::Whole(const RescoreQuestion& q, const Response& answer) const {
  Response whole = answer;
  const Response asked = QuestionOf(q).value_or(q.problem->question);
  whole.model = q.problem->model;
  whole.origin = Origin::kRescore;
  whole.prompt = asked.prompt;
  whole.messages_json = asked.messages_json;
  whole.system_prompt = asked.system_prompt;
  whole.problem = asked.problem;
  whole.problem_id = asked.problem_id;
  whole.intent = asked.intent;
  whole.context_window = asked.context_window;
  return whole;
}

RescoreSample Asker::ReadSample(const RescoreQuestion& q, const Response& whole,
                                const ProblemSet& problems,
                                absl::Time now) const {
  const Scored scored = evaluator_.Evaluate(whole);
  RescoreSample sample;
  sample.index = q.index;
  sample.way = q.way;
  sample.time = now;
  sample.rewards = problems.Rewards(*q.problem, scored);
  const double tokens = scored.reading(Feature::kOutputTokens);
  sample.tokens = std::isnan(tokens) ? q.problem->max_tokens
                                     : std::llround(std::exp2(tokens) - 1);
  return sample;
}

void Asker::Stop() {
  stopped_ = true;
  give_up_ = true;
}

}  // namespace reasonwatch
