// SPDX-License-Identifier: Apache-2.0
// Calls of a model drawn at random, and emitters that describe them in the
// shapes of the real ones.
#ifndef REASONWATCH_TESTS_TAP_OTLP_EMITTERS_H_
#define REASONWATCH_TESTS_TAP_OTLP_EMITTERS_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "tap/otlp/attributes.h"
#include "tap/otlp/receiver.h"
#include "util/strings.h"

namespace reasonwatch::otlp_test {

using opentelemetry::proto::logs::v1::LogRecord;
using opentelemetry::proto::trace::v1::Span;

struct Call {
  std::string trace_id;
  std::string span_id;
  std::string id;
  std::string model;
  std::string question;
  std::string system;
  std::string content;
  std::optional<std::string> reasoning;
  std::string finish_reason;
  int64_t input_tokens = 0;
  int64_t output_tokens = 0;
  int64_t reasoning_tokens = 0;
  int64_t start = 0;  // nanoseconds
};

// Words of several scripts, with characters that JSON has to escape.
inline std::string RandomText(std::mt19937& random, int words) {
  static constexpr std::string_view kWords[] = {
      "sum",     "of \"two\"", "back\\slash", "line\nbreak", "ünïcode", "数学",
      "{brace}", "[1,2]",      "tab\there",   "🙂",        "</x>",    "x+y=z",
      "",        "so"};
  std::string text;
  for (int i = 0; i < words; ++i)
    text += std::string(kWords[random() % std::size(kWords)]) + " ";
  return text + std::to_string(random() % 1000);
}

inline std::string RandomBytes(std::mt19937& random, size_t size) {
  std::string bytes;
  for (size_t i = 0; i < size; ++i)
    bytes.push_back(static_cast<char>(1 + random() % 255));
  return bytes;
}

inline Call RandomCall(std::mt19937& random) {
  static constexpr std::string_view kReasons[] = {"stop", "length"};
  Call c;
  c.trace_id = RandomBytes(random, 16);
  c.span_id = RandomBytes(random, 8);
  c.id = absl::StrFormat("chatcmpl-%08x%08x", random(), random());
  c.model = absl::StrFormat("model-%d", random() % 5);
  c.question = RandomText(random, 1 + static_cast<int>(random() % 9));
  c.system = RandomText(random, 3);
  c.content = RandomText(random, 1 + static_cast<int>(random() % 30));
  c.reasoning = RandomText(random, 1 + static_cast<int>(random() % 60));
  c.finish_reason = std::string(kReasons[random() % std::size(kReasons)]);
  c.input_tokens = 1 + random() % 5000;
  c.output_tokens = 1 + random() % 9000;
  c.reasoning_tokens = 1 + static_cast<int64_t>(random()) % c.output_tokens;
  c.start = 1'700'000'000'000'000'000 + static_cast<int64_t>(random());
  return c;
}

inline OtlpValue& Slot(OtlpAttributes& to, std::string_view key) {
  auto& pair = *to.Add();
  pair.set_key(std::string(key));
  return *pair.mutable_value();
}
inline void Put(OtlpAttributes& to, std::string_view key,
                std::string_view text) {
  Slot(to, key).set_string_value(std::string(text));
}
inline void Put(OtlpAttributes& to, std::string_view key, int64_t number) {
  Slot(to, key).set_int_value(number);
}

// A span of the call in this request, under a scope of its own.
inline Span& AddSpan(OtlpTraces& request, const Call& c, std::string_view scope,
                     std::string_view service = "app") {
  auto& resource = *request.add_resource_spans();
  Put(*resource.mutable_resource()->mutable_attributes(), "service.name",
      service);
  auto& group = *resource.add_scope_spans();
  group.mutable_scope()->set_name(std::string(scope));
  Span& span = *group.add_spans();
  span.set_trace_id(c.trace_id);
  span.set_span_id(c.span_id);
  span.set_name("chat " + c.model);
  span.set_kind(3);
  span.set_start_time_unix_nano(static_cast<uint64_t>(c.start));
  span.set_end_time_unix_nano(static_cast<uint64_t>(c.start) + 1'500'000'000);
  return span;
}

inline LogRecord& AddLog(OtlpLogs& request, const Call& c,
                         std::string_view scope, std::string_view event,
                         std::string_view service = "app") {
  auto& resource = *request.add_resource_logs();
  Put(*resource.mutable_resource()->mutable_attributes(), "service.name",
      service);
  auto& group = *resource.add_scope_logs();
  group.mutable_scope()->set_name(std::string(scope));
  LogRecord& log = *group.add_log_records();
  log.set_trace_id(c.trace_id);
  log.set_span_id(c.span_id);
  log.set_event_name(std::string(event));
  log.set_observed_time_unix_nano(static_cast<uint64_t>(c.start));
  return log;
}

// Labels and counts of the GenAI conventions.
inline void PutGenAi(OtlpAttributes& to, const Call& c) {
  Put(to, "gen_ai.operation.name", "chat");
  Put(to, "gen_ai.request.model", c.model);
  Put(to, "gen_ai.response.id", c.id);
  Slot(to, "gen_ai.response.finish_reasons")
      .mutable_array_value()
      ->add_values()
      ->set_string_value(c.finish_reason);
  Put(to, "gen_ai.usage.input_tokens", c.input_tokens);
  Put(to, "gen_ai.usage.output_tokens", c.output_tokens);
  Put(to, "gen_ai.usage.reasoning.output_tokens", c.reasoning_tokens);
}

inline std::string Part(std::string_view type, std::string_view content) {
  return absl::StrFormat("{\"type\":\"%s\",\"content\":%s}", std::string(type),
                         JsonString(content));
}

// [{"role", "parts", "finish_reason"}]; the reasoning comes after the text if
// `text_first`, or in a message of its own with `apart`.
inline std::string PartsJson(const Call& c, bool text_first, bool apart) {
  const std::string text = Part("text", c.content);
  const std::string thought =
      c.reasoning.has_value() ? Part("reasoning", *c.reasoning) : "";
  const auto message = [&c](const std::string& parts) {
    return absl::StrFormat(
        "{\"role\":\"assistant\",\"parts\":[%s],\"finish_reason\":\"%s\","
        "\"name\":null}",
        parts, c.finish_reason);
  };
  if (thought.empty()) return "[" + message(text) + "]";
  if (apart) return "[" + message(thought) + "," + message(text) + "]";
  return "[" +
         message(text_first ? text + "," + thought : thought + "," + text) +
         "]";
}

inline std::string InputJson(const Call& c) {
  return absl::StrFormat("[{\"role\":\"user\",\"parts\":[%s]}]",
                         Part("text", c.question));
}

// The body as a server sends it.
inline std::string BodyJson(const Call& c, std::string_view field) {
  const std::string reasoning =
      c.reasoning.has_value()
          ? absl::StrFormat(",\"%s\":%s", std::string(field),
                            JsonString(*c.reasoning))
          : "";
  return absl::StrFormat(
      "{\"id\":\"%s\",\"object\":\"chat.completion\",\"model\":\"%s\","
      "\"choices\":[{\"index\":0,\"finish_reason\":\"%s\",\"message\":{"
      "\"role\":\"assistant\",\"content\":%s%s}}],\"usage\":{"
      "\"prompt_tokens\":%d,\"completion_tokens\":%d,"
      "\"completion_tokens_details\":{\"reasoning_tokens\":%d}}}",
      c.id, c.model, c.finish_reason, JsonString(c.content), reasoning,
      c.input_tokens, c.output_tokens, c.reasoning_tokens);
}

}  // namespace reasonwatch::otlp_test

#endif  // REASONWATCH_TESTS_TAP_OTLP_EMITTERS_H_
