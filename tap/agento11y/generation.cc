// SPDX-License-Identifier: Apache-2.0
#include "tap/agento11y/generation.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "tap/otlp/attributes.h"
#include "tap/otlp/messages.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using agento11y::v1::Generation;
using agento11y::v1::Message;
using agento11y::v1::Part;

// The SDK says here whether it was told to leave texts out.
constexpr std::string_view kCaptureMode = "agento11y.sdk.content_capture_mode";
constexpr std::string_view kNoContent = "metadata_only";

bool LeavesContentOut(const Generation& g) {
  return std::ranges::any_of(g.metadata().fields(), [](const auto& field) {
    return field.key() == kCaptureMode &&
           field.value().string_value() == kNoContent;
  });
}

std::string_view RoleOf(const Message& message) {
  switch (message.role()) {
    case agento11y::v1::MESSAGE_ROLE_ASSISTANT:
      return "assistant";
    case agento11y::v1::MESSAGE_ROLE_TOOL:
      return "tool";
    default:
      return "user";
  }
}

absl::Time ToTime(bool present, const google::protobuf::Timestamp& time) {
  constexpr int64_t kLastSecond = 253402300799;  // year 9999
  if (!present || time.seconds() <= 0 || time.seconds() > kLastSecond ||
      time.nanos() < 0 || time.nanos() > 999'999'999)
    return absl::InfinitePast();
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

void Add(const std::string& text, std::optional<std::string>& to) {
  to = to.value_or("") + CheckedUtf8(text);
}

ChoiceText ReadOutput(const Generation& g) {
  ChoiceText choice;
  for (const Message& message : g.output())
    for (const Part& part : message.parts()) {
      if (part.has_text()) Add(part.text(), choice.content);
      if (part.has_thinking()) Add(part.thinking(), choice.reasoning);
      if (part.has_tool_call()) {
        const auto& call = part.tool_call();
        AddToolCall(
            ToolCallJson(CheckedUtf8(call.id()), CheckedUtf8(call.name()),
                         CheckedUtf8(call.input_json())),
            choice);
      }
    }
  return choice;
}

void ReadInput(const Generation& g, Observation& o) {
  for (const Message& message : g.input()) {
    if (o.input.size() >= kMaxMessages) break;
    std::string text;
    for (const Part& part : message.parts()) {
      text += part.text();
      const auto& result = part.tool_result();
      text +=
          result.content().empty() ? result.content_json() : result.content();
    }
    o.input.push_back(MessageJson(RoleOf(message), CheckedUtf8(text)));
  }
  o.head.system_prompt = CheckedUtf8(g.system_prompt());
}

std::string Tools(const Generation& g) {
  std::string tools;
  for (const auto& tool : g.tools()) {
    const std::string schema = CheckedUtf8(tool.input_schema_json());
    if (!tools.empty()) tools += ',';
    tools += absl::StrFormat(
        "{\"type\":\"function\",\"function\":{\"name\":%s%s}}",
        JsonString(CheckedUtf8(tool.name())),
        schema.starts_with('{') ? ",\"parameters\":" + schema : "");
  }
  return tools.empty() ? "" : "[" + tools + "]";
}

// A count of 0 is one that the sender did not have.
std::optional<int64_t> Count(int64_t count) {
  return count > 0 ? std::optional<int64_t>(count) : std::nullopt;
}

std::string FromHex(const std::string& id, size_t bytes) {
  const bool is_hex =
      id.size() == 2 * bytes && std::ranges::all_of(id, [](char c) {
        return absl::ascii_isxdigit(static_cast<unsigned char>(c));
      });
  return is_hex ? absl::HexStringToBytes(id) : "";
}

void ReadTags(const Generation& g, Response& r) {
  for (const auto& tag : g.tags()) {
    if (tag.key() == "reasonwatch.route") r.route = CheckedUtf8(tag.value());
    if (tag.key() == "reasonwatch.task") r.task = CheckedUtf8(tag.value());
    if (tag.key() == "reasonwatch.problem_id")
      r.problem_id = CheckedUtf8(tag.value());
  }
}

}  // namespace

Observation ReadGeneration(const Generation& g) {
  Observation o;
  Response& r = o.head;
  o.dialect = "agento11y";
  o.is_span = true;
  o.service = CheckedUtf8(g.agent_name());
  o.api_type = CheckedUtf8(g.model().provider());
  o.trace_id = FromHex(g.trace_id(), 16);
  o.span_id = FromHex(g.span_id(), 8);
  o.failed = !g.call_error().empty();
  r.id = CheckedUtf8(g.response_id().empty() ? g.id() : g.response_id());
  r.asked_model = CheckedUtf8(g.model().name());
  r.model =
      r.asked_model.empty() ? CheckedUtf8(g.response_model()) : r.asked_model;
  r.session = CheckedUtf8(g.conversation_id());
  r.client = o.service;
  r.finish_reason = CheckedUtf8(g.stop_reason());
  r.streamed = g.mode() == agento11y::v1::GENERATION_MODE_STREAM;
  r.time = ToTime(g.has_started_at(), g.started_at());
  r.end_time = ToTime(g.has_completed_at(), g.completed_at());
  if (r.end_time < r.time) r.end_time = absl::InfinitePast();
  r.usage.input_tokens = Count(g.usage().input_tokens());
  r.usage.output_tokens = Count(g.usage().output_tokens());
  r.usage.reasoning_tokens = Count(g.usage().reasoning_tokens());
  r.intent.max_tokens = std::max<int64_t>(g.max_tokens(), 0);
  if (g.has_thinking_enabled())
    r.intent.thinking = g.thinking_enabled() ? Thinking::kOn : Thinking::kOff;
  if (g.has_temperature() && std::isfinite(g.temperature()))
    r.sampling.temperature = g.temperature();
  if (g.has_top_p() && std::isfinite(g.top_p())) r.sampling.top_p = g.top_p();
  ReadTags(g, r);
  if (LeavesContentOut(g)) return o;
  ReadInput(g, o);
  r.tools_json = Tools(g);
  ChoiceText choice = ReadOutput(g);
  if (!choice.Empty()) o.choices.push_back(std::move(choice));
  return o;
}

}  // namespace reasonwatch
