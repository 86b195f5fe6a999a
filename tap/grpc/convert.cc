// SPDX-License-Identifier: Apache-2.0
// The message's texts are moved, never copied: they are most of its memory.
// Every other field is read with the question which value a client could send
// by mistake or malice, and such a value becomes "absent".
//
// In order: single fields, groups of fields, texts and their repair, the whole.
#include "tap/grpc/convert.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "tap/repair_utf8.h"

namespace reasonwatch {
namespace {

absl::Time ToTime(bool present, const google::protobuf::Timestamp& time) {
  constexpr int64_t kFirstSecond = -62135596800;  // year 1
  constexpr int64_t kLastSecond = 253402300799;   // year 9999
  if (!present || time.seconds() < kFirstSecond ||
      time.seconds() > kLastSecond || time.nanos() < 0 ||
      time.nanos() > 999999999)
    return absl::InfinitePast();
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

Origin ToOrigin(v1::Origin origin) {
  switch (origin) {
    case v1::ORIGIN_LIVE:
      return Origin::kLive;
    case v1::ORIGIN_CANARY:
      return Origin::kCanary;
    case v1::ORIGIN_SELFTEST:
      return Origin::kSelftest;
    default:
      return Origin::kRescore;
  }
}

Origin OriginOfHeader(std::string_view header) {
  if (header == "canary") return Origin::kCanary;
  if (header == "selftest") return Origin::kSelftest;
  return Origin::kRescore;
}

BodyType ToBodyType(v1::BodyType type) {
  switch (type) {
    case v1::BODY_TYPE_JSON:
      return BodyType::kJson;
    case v1::BODY_TYPE_SSE:
      return BodyType::kSse;
    default:
      return BodyType::kNone;
  }
}

TransportEnd ToTransportEnd(v1::TransportEnd end) {
  switch (end) {
    case v1::TRANSPORT_END_CLIENT_ABORT:
      return TransportEnd::kClientAbort;
    case v1::TRANSPORT_END_UPSTREAM_RESET:
      return TransportEnd::kUpstreamReset;
    default:
      return TransportEnd::kComplete;
  }
}

CallerVerdict ToVerdict(v1::Verdict verdict) {
  switch (verdict) {
    case v1::VERDICT_CORRECT:
      return CallerVerdict::kCorrect;
    case v1::VERDICT_INCORRECT:
      return CallerVerdict::kIncorrect;
    default:
      return CallerVerdict::kNone;
  }
}

AnswerKind ToAnswerKind(v1::AnswerKind kind) {
  switch (kind) {
    case v1::ANSWER_KIND_BOOLEAN:
      return AnswerKind::kBoolean;
    case v1::ANSWER_KIND_NUMBER:
      return AnswerKind::kNumber;
    case v1::ANSWER_KIND_MATH:
      return AnswerKind::kMath;
    case v1::ANSWER_KIND_CHOICE:
      return AnswerKind::kChoice;
    case v1::ANSWER_KIND_TEXT:
      return AnswerKind::kText;
    default:
      return AnswerKind::kUnknown;
  }
}

std::optional<int64_t> Count(bool present, int64_t value) {
  if (!present || value < 0) return std::nullopt;
  return value;
}

std::optional<double> Number(bool present, double value) {
  if (!present || !std::isfinite(value)) return std::nullopt;
  return value;
}

Usage ToUsage(const v1::Usage& usage) {
  Usage u;
  u.input_tokens = Count(usage.has_input_tokens(), usage.input_tokens());
  u.output_tokens = Count(usage.has_output_tokens(), usage.output_tokens());
  u.reasoning_tokens =
      Count(usage.has_reasoning_tokens(), usage.reasoning_tokens());
  return u;
}

Intent ToIntent(const v1::Intent& intent) {
  Intent i;
  i.effort = intent.effort();
  if (intent.has_thinking())
    i.thinking = intent.thinking() ? Thinking::kOn : Thinking::kOff;
  i.max_tokens = std::max<int64_t>(intent.max_tokens(), 0);
  i.asked_language = intent.asked_language();
  if (intent.has_thinking_budget() && intent.thinking_budget() >= 0)
    i.thinking_budget = intent.thinking_budget();
  return i;
}

Sampling ToSampling(const v1::Sampling& sampling) {
  Sampling s;
  s.temperature = Number(sampling.has_temperature(), sampling.temperature());
  s.top_p = Number(sampling.has_top_p(), sampling.top_p());
  s.n = std::max(sampling.n(), 1);
  s.choice_index = std::max(sampling.choice_index(), 0);
  return s;
}

Regime ToRegime(const v1::Regime& regime) {
  Regime g;
  g.fingerprint = regime.fingerprint();
  g.weights_version = regime.weights_version();
  g.template_hash = regime.template_hash();
  g.engine = regime.engine();
  return g;
}

// The sum of all short strings; nullopt if one is longer than
// kMaxShortStringBytes.
std::optional<int64_t> LabelBytes(const v1::Response& m) {
  size_t bytes = 0;
  for (const std::string* label : {&m.id(),
                                   &m.model(),
                                   &m.route(),
                                   &m.replica(),
                                   &m.session(),
                                   &m.finish_reason(),
                                   &m.intent().effort(),
                                   &m.intent().asked_language(),
                                   &m.regime().fingerprint(),
                                   &m.regime().weights_version(),
                                   &m.regime().template_hash(),
                                   &m.regime().engine(),
                                   &m.problem_id(),
                                   &m.problem().id(),
                                   &m.trace_id(),
                                   &m.task(),
                                   &m.request_id(),
                                   &m.asked_model(),
                                   &m.user(),
                                   &m.client(),
                                   &m.sent_intent().effort(),
                                   &m.sent_intent().asked_language(),
                                   &m.source()}) {
    bytes += label->size();
    if (label->size() > kMaxShortStringBytes) return std::nullopt;
  }
  return static_cast<int64_t>(bytes);
}

// A response that Reasonwatch caused itself is marked by its own field, by the
// call's header, or by its id.
Origin OriginOf(const v1::Response& m,
                std::optional<std::string_view> origin_header) {
  const Origin origin = ToOrigin(m.origin());
  if (origin != Origin::kLive) return origin;
  if (origin_header.has_value()) return OriginOfHeader(*origin_header);
  return std::string_view(m.id()).starts_with("rw-") ? Origin::kRescore
                                                     : Origin::kLive;
}

// Takes texts, repairs them and adds up their memory.
class TextTaker {
 public:
  explicit TextTaker(Converted& converted) : converted_(converted) {}

  std::string operator()(std::string* text) {
    std::string taken = std::move(*text);
    if (RepairUtf8(taken)) ++converted_.invalid_utf8;
    converted_.bytes += static_cast<int64_t>(taken.size());
    return taken;
  }

 private:
  Converted& converted_;
};

}  // namespace

Converted ConvertResponse(v1::Response& m,
                          std::optional<std::string_view> origin_header) {
  Converted converted;
  if (m.model().empty()) {
    converted.error = "missing_model";
    return converted;
  }
  const std::optional<int64_t> label_bytes = LabelBytes(m);
  if (!label_bytes.has_value()) {
    converted.error = "label_too_long";
    return converted;
  }
  converted.bytes = static_cast<int64_t>(sizeof(Response)) + *label_bytes;

  TextTaker take(converted);
  Response& r = converted.response;
  r.origin = OriginOf(m, origin_header);
  r.id = std::move(*m.mutable_id());
  r.time = ToTime(m.has_time(), m.time());
  r.end_time = ToTime(m.has_end_time(), m.end_time());
  r.model = std::move(*m.mutable_model());
  r.route = std::move(*m.mutable_route());
  r.replica = std::move(*m.mutable_replica());
  r.session = std::move(*m.mutable_session());
  r.turn = std::max(m.turn(), 0);
  r.prompt = take(m.mutable_prompt());
  r.messages_json = take(m.mutable_messages_json());
  r.system_prompt = take(m.mutable_system_prompt());
  if (m.has_content()) r.content = take(m.mutable_content());
  if (m.has_reasoning()) r.reasoning = take(m.mutable_reasoning());
  r.body = take(m.mutable_body());
  r.body_type = ToBodyType(m.body_type());
  r.finish_reason = std::move(*m.mutable_finish_reason());

  r.usage = ToUsage(m.usage());
  r.intent = ToIntent(m.intent());
  r.sampling = ToSampling(m.sampling());
  r.regime = ToRegime(m.regime());
  r.http_status = std::max(m.http_status(), 0);
  r.transport_end = ToTransportEnd(m.transport_end());
  r.tool_calls = std::max(m.tool_calls(), 0);
  r.streamed = m.streamed();
  r.problem_id = std::move(*m.mutable_problem_id());
  r.verdict = ToVerdict(m.verdict());
  if (m.has_problem()) {
    v1::Problem& problem = *m.mutable_problem();
    r.problem = Problem{std::move(*problem.mutable_id()),
                        take(problem.mutable_answer()),
                        ToAnswerKind(problem.answer_kind())};
  }
  r.trace_id = std::move(*m.mutable_trace_id());
  r.task = std::move(*m.mutable_task());
  r.context_window = std::max<int64_t>(m.context_window(), 0);
  r.source = std::move(*m.mutable_source());
  r.without_reasoning_text = m.without_reasoning_text();
  r.request_id = std::move(*m.mutable_request_id());
  r.asked_model = std::move(*m.mutable_asked_model());
  r.user = std::move(*m.mutable_user());
  r.client = std::move(*m.mutable_client());
  r.tools_json = take(m.mutable_tools_json());
  r.response_format_json = take(m.mutable_response_format_json());
  if (m.has_sent_intent()) r.sent_intent = ToIntent(m.sent_intent());
  return converted;
}

}  // namespace reasonwatch
