// SPDX-License-Identifier: Apache-2.0
// The conventions changed their names more than once, and emitters added their
// own: each thing is a list of names, the newest first. Texts are on the span
// as JSON or spread over attributes, in log records as structures, or in events
// of the old form, one a message.
//
// In order: which records count, counts and labels, texts, events, the whole.
#include <algorithm>
#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "tap/otlp/conventions.h"
#include "tap/otlp/flat_messages.h"
#include "tap/otlp/messages.h"
#include "util/json.h"

namespace reasonwatch {
namespace {

constexpr std::string_view kChoiceEvent = "gen_ai.choice";
constexpr std::string_view kDetailsEvent =
    "gen_ai.client.inference.operation.details";

// Operations that ask a model for text. Agents and workflows contain such
// operations, and would count them twice.
constexpr std::array<std::string_view, 7> kOperations = {
    "chat",      "text_completion", "completion", "generate_content",
    "responses", "message",         "generate"};

// The event `gen_ai.ROLE.message`; "" if the name is another.
std::string_view RoleOfEvent(std::string_view name) {
  constexpr std::string_view kBefore = "gen_ai.";
  constexpr std::string_view kAfter = ".message";
  if (!name.starts_with(kBefore) || !name.ends_with(kAfter)) return "";
  name.remove_prefix(kBefore.size());
  name.remove_suffix(std::min(kAfter.size(), name.size()));
  return name;
}

bool IsEvent(std::string_view name) {
  return name == kChoiceEvent || name == kDetailsEvent ||
         name == "gen_ai.content.prompt" ||
         name == "gen_ai.content.completion" || !RoleOfEvent(name).empty();
}

void ReadUsage(const Attributes& a, Usage& usage) {
  usage.input_tokens =
      a.Count({"gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens",
               "llm.usage.prompt_tokens"});
  usage.output_tokens =
      a.Count({"gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens",
               "llm.usage.completion_tokens"});
  usage.reasoning_tokens = a.Count(
      {"gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens",
       "gen_ai.usage.output_tokens.reasoning",
       "gen_ai.usage.details.reasoning_tokens", "llm.usage.reasoning_tokens"});
}

void ReadRequest(const OtlpRecord& record, Response& r) {
  const Attributes& a = record.attributes;
  r.intent.effort = a.Text(
      {"gen_ai.request.reasoning.effort", "gen_ai.request.reasoning_effort",
       "gen_ai.openai.request.reasoning_effort",
       "openai.request.reasoning_effort", "llm.request.reasoning_effort"});
  r.intent.thinking_budget =
      a.Count({"gen_ai.request.thinking.budget_tokens",
               "agento11y.gen_ai.request.thinking.budget_tokens"});
  r.intent.max_tokens =
      a.Count({"gen_ai.request.max_tokens", "gen_ai.request.max_output_tokens",
               "llm.request.max_tokens"})
          .value_or(0);
  r.sampling.temperature = a.Number({"gen_ai.request.temperature"});
  r.sampling.top_p = a.Number({"gen_ai.request.top_p"});
  const int64_t n =
      a.Count({"gen_ai.request.choice.count", "gen_ai.request.n"}).value_or(1);
  r.sampling.n = static_cast<int32_t>(std::clamp<int64_t>(n, 1, 10'000));
  const std::optional<bool> streamed =
      a.Flag({"gen_ai.request.stream", "gen_ai.request.is_stream",
              "gen_ai.is_streaming", "llm.is_streaming"});
  r.streamed =
      streamed.value_or(a.Has({"gen_ai.response.time_to_first_chunk"}));
  r.tools_json = ToolsInChatForm(
      a.Json({"gen_ai.tool.definitions", "gen_ai.request.tools"}),
      record.parser);
  const std::string schema =
      a.Json({"gen_ai.request.structured_output_schema"});
  simdjson::dom::object object;
  if (!schema.empty() &&
      ParseJson(record.parser, schema).get(object) == simdjson::SUCCESS) {
    r.response_format_json = absl::StrFormat(
        "{\"type\":\"json_schema\",\"json_schema\":{\"schema\":%s}}",
        std::string(simdjson::minify(object)));
  } else if (a.Text({"gen_ai.output.type"}) == "json") {
    r.response_format_json = R"({"type":"json_object"})";
  }
}

// vLLM and SGLang call the response's id the request's.
void ReadLabels(const Attributes& a, Observation& o) {
  Response& r = o.head;
  r.id = a.Text({"gen_ai.response.id", "gen_ai.request.id"});
  r.asked_model = a.Text({"gen_ai.request.model"});
  r.model = r.asked_model.empty()
                ? a.Text({"gen_ai.response.model", "llm.response.model"})
                : r.asked_model;
  r.regime.fingerprint = a.Text({"openai.response.system_fingerprint",
                                 "gen_ai.openai.response.system_fingerprint",
                                 "gen_ai.openai.system_fingerprint",
                                 "gen_ai.response.system_fingerprint"});
  o.api_type = a.Text({"openai.api.type", "gen_ai.openai.api.type"});
}

void ReadFinishReasons(const OtlpRecord& record, Observation& o) {
  const Attributes& a = record.attributes;
  o.head.finish_reason = a.FirstText(
      {"gen_ai.response.finish_reasons", "gen_ai.response.finish_reason",
       "llm.response.finish_reason", "llm.response.stop_reason"});
  simdjson::dom::array list;
  std::string_view word;
  // Some write the list as JSON text.
  if (o.head.finish_reason.starts_with('[') &&
      ParseJson(record.parser, o.head.finish_reason).get(list) ==
          simdjson::SUCCESS &&
      list.at(0).get(word) == simdjson::SUCCESS)
    o.head.finish_reason = std::string(word);
}

// Choices that say no more than why they ended are no text.
void DropEmptyChoices(Observation& o) {
  std::erase_if(o.choices, [&o](const ChoiceText& choice) {
    if (!choice.Empty()) return false;
    if (o.head.finish_reason.empty())
      o.head.finish_reason = choice.finish_reason;
    return true;
  });
}

void ReadTexts(const OtlpRecord& record, Observation& o) {
  const Attributes& a = record.attributes;
  const bool one_choice =
      o.api_type == "responses" &&
      a.Count({"gen_ai.request.choice.count"}).value_or(1) == 1;
  bool found = false;
  for (std::string_view name : {"gen_ai.output.messages", "gen_ai.completion"})
    if (const std::string json = a.Json({name}); !found && !json.empty())
      found = ReadAnswer(json, one_choice, record.parser, o.choices);
  if (!found) ReadFlatAnswer(a, "gen_ai.completion.", o.choices);
  const std::string reasoning =
      a.Text({"gen_ai.content.reasoning", "gen_ai.response.reasoning",
              "gen_ai.completion.0.reasoning"});
  if (!reasoning.empty()) {
    if (o.choices.empty()) o.choices.emplace_back();
    if (!o.choices.front().reasoning.has_value())
      o.choices.front().reasoning = reasoning;
  }
  DropEmptyChoices(o);

  found = false;
  for (std::string_view name : {"gen_ai.input.messages", "gen_ai.prompt"})
    if (const std::string json = a.Json({name}); !found && !json.empty())
      found = ReadPrompt(json, record.parser, o.input);
  if (!found) ReadFlatPrompt(a, "gen_ai.prompt.", o.input);
  o.head.system_prompt =
      ReadInstructions(a.Json({"gen_ai.system_instructions"}), record.parser);
}

// The body of an event, or its attributes where a span event has no body.
std::string EventJson(const OtlpRecord& record) {
  if (record.body != nullptr && record.body->has_kvlist_value())
    return ValueJson(*record.body);
  if (record.body != nullptr && record.body->has_string_value() &&
      record.body->string_value().starts_with("{"))
    return ValueText(*record.body);
  return record.attributes.Json({"gen_ai.event.content"});
}

void ReadOldEvent(const OtlpRecord& record, Observation& o) {
  o.is_part = true;
  const Attributes& a = record.attributes;
  std::string json = EventJson(record);
  if (json.empty()) {
    const std::string content = a.Text({"content", "message"});
    if (content.empty() && record.name != kChoiceEvent) return;
    json = MessageJson(a.Text({"role"}), content);
  }
  if (record.name == kChoiceEvent) {
    ReadAnswer(json, /*one_choice=*/false, record.parser, o.choices);
    DropEmptyChoices(o);
    return;
  }
  std::vector<std::string> messages;
  if (!ReadPrompt(json, record.parser, messages)) return;
  // The event's name is the role; the body often does not repeat it.
  simdjson::dom::object message;
  std::string_view text;
  for (const std::string& one : messages)
    if (ParseJson(record.parser, one).get(message) == simdjson::SUCCESS &&
        message["content"].get(text) == simdjson::SUCCESS)
      o.input.push_back(MessageJson(RoleOfEvent(record.name), text));
}

}  // namespace

bool IsGenAi(const OtlpRecord& record) {
  if (!record.is_span) return IsEvent(record.name);
  const std::string operation =
      record.attributes.Text({"gen_ai.operation.name"});
  if (!operation.empty())
    return std::ranges::find(kOperations, operation) != kOperations.end();
  // Older emitters say the kind of the request, and servers neither.
  const std::string kind = record.attributes.Text({"llm.request.type"});
  if (!kind.empty())
    return std::ranges::find(kOperations, kind) != kOperations.end();
  return record.attributes.Has({"gen_ai.output.messages", "gen_ai.completion",
                                "gen_ai.completion.0.content",
                                "gen_ai.usage.output_tokens",
                                "gen_ai.usage.completion_tokens"});
}

void ReadGenAi(const OtlpRecord& record, Observation& o) {
  ReadLabels(record.attributes, o);
  if (record.is_span || record.name == kDetailsEvent) {
    ReadUsage(record.attributes, o.head.usage);
    ReadRequest(record, o.head);
    ReadFinishReasons(record, o);
    ReadTexts(record, o);
  } else if (record.name.starts_with("gen_ai.content.")) {
    ReadTexts(record, o);
  } else {
    ReadOldEvent(record, o);
  }
}

}  // namespace reasonwatch
