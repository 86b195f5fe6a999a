#include "tap/grpc/convert.h"

#include <simdjson.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

#include "core/strings.h"

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

// Takes texts, repairs them and adds up what they hold.
class TextTaker {
 public:
  explicit TextTaker(Converted& converted) : converted_(converted) {}

  std::string operator()(std::string* text) {
    std::string taken = std::move(*text);
    if (!simdjson::validate_utf8(taken.data(), taken.size())) {
      taken = ReplaceInvalidUtf8(taken);
      ++converted_.invalid_utf8;
    }
    converted_.bytes += static_cast<int64_t>(taken.size());
    return taken;
  }

 private:
  Converted& converted_;
};

}  // namespace

std::string ReplaceInvalidUtf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    size_t skip = 0;
    const size_t length = Utf8CharacterLength(text, skip);
    if (length > 0) {
      out.append(text.substr(0, length));
    } else {
      out.append("\xEF\xBF\xBD");
    }
    text.remove_prefix(length > 0 ? length : skip);
  }
  return out;
}

Converted ConvertResponse(v1::Response& m,
                          std::optional<std::string_view> origin_header) {
  Converted converted;
  if (m.model().empty()) {
    converted.error = "missing_model";
    return converted;
  }
  size_t label_bytes = 0;
  for (const std::string* label :
       {&m.id(), &m.model(), &m.route(), &m.replica(), &m.session(),
        &m.finish_reason(), &m.intent().effort(), &m.intent().asked_language(),
        &m.regime().fingerprint(), &m.regime().weights_version(),
        &m.regime().template_hash(), &m.regime().engine(), &m.problem_id(),
        &m.problem().id(), &m.trace_id(), &m.task()}) {
    label_bytes += label->size();
    if (label->size() > kMaxLabelBytes) converted.error = "label_too_long";
  }
  if (!converted.error.empty()) return converted;
  converted.bytes = static_cast<int64_t>(sizeof(Response) + label_bytes);

  TextTaker take(converted);
  Response& r = converted.response;
  r.id = std::move(*m.mutable_id());
  r.time = ToTime(m.has_time(), m.time());
  r.end_time = ToTime(m.has_end_time(), m.end_time());
  r.model = std::move(*m.mutable_model());
  r.route = std::move(*m.mutable_route());
  r.replica = std::move(*m.mutable_replica());
  r.session = std::move(*m.mutable_session());
  r.turn = std::max(m.turn(), 0);
  r.origin = ToOrigin(m.origin());
  if (r.origin == Origin::kLive) {
    if (origin_header.has_value()) {
      r.origin = OriginOfHeader(*origin_header);
    } else if (r.id.starts_with("rw-")) {
      r.origin = Origin::kRescore;
    }
  }
  r.prompt = take(m.mutable_prompt());
  r.messages_json = take(m.mutable_messages_json());
  r.system_prompt = take(m.mutable_system_prompt());
  if (m.has_content()) r.content = take(m.mutable_content());
  if (m.has_reasoning()) r.reasoning = take(m.mutable_reasoning());
  r.body = take(m.mutable_body());
  r.body_type = ToBodyType(m.body_type());
  r.finish_reason = std::move(*m.mutable_finish_reason());

  const v1::Usage& usage = m.usage();
  r.usage.input_tokens = Count(usage.has_input_tokens(), usage.input_tokens());
  r.usage.output_tokens =
      Count(usage.has_output_tokens(), usage.output_tokens());
  r.usage.reasoning_tokens =
      Count(usage.has_reasoning_tokens(), usage.reasoning_tokens());

  const v1::Intent& intent = m.intent();
  r.intent.effort = intent.effort();
  if (intent.has_thinking())
    r.intent.thinking = intent.thinking() ? Thinking::kOn : Thinking::kOff;
  r.intent.max_tokens = std::max<int64_t>(intent.max_tokens(), 0);
  r.intent.asked_language = intent.asked_language();

  const v1::Sampling& sampling = m.sampling();
  r.sampling.temperature =
      Number(sampling.has_temperature(), sampling.temperature());
  r.sampling.top_p = Number(sampling.has_top_p(), sampling.top_p());
  r.sampling.n = std::max(sampling.n(), 1);
  r.sampling.choice_index = std::max(sampling.choice_index(), 0);

  const v1::Regime& regime = m.regime();
  r.regime.fingerprint = regime.fingerprint();
  r.regime.weights_version = regime.weights_version();
  r.regime.template_hash = regime.template_hash();
  r.regime.engine = regime.engine();

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
  return converted;
}

}  // namespace reasonwatch
