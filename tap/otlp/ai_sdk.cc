// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/conventions.h"
#include "tap/otlp/messages.h"
#include "util/json.h"

namespace reasonwatch {

// The spans around these hold several calls of the model.
bool IsAiSdk(const OtlpRecord& record) {
  const std::string operation = record.attributes.Text({"ai.operationId"});
  return record.is_span && (operation.ends_with(".doGenerate") ||
                            operation.ends_with(".doStream"));
}

void ReadAiSdk(const OtlpRecord& record, Observation& o) {
  const Attributes& a = record.attributes;
  Response& r = o.head;
  ReadGenAi(record, o);
  if (r.asked_model.empty()) r.asked_model = a.Text({"ai.model.id"});
  if (r.model.empty()) r.model = r.asked_model;
  if (r.id.empty()) r.id = a.Text({"ai.response.id"});
  if (r.finish_reason.empty()) {
    r.finish_reason = a.Text({"ai.response.finishReason"});
    // The SDK's own words for those of the API.
    if (r.finish_reason == "tool-calls") r.finish_reason = "tool_calls";
    if (r.finish_reason == "content-filter") r.finish_reason = "content_filter";
  }
  if (!r.usage.reasoning_tokens.has_value())
    r.usage.reasoning_tokens = a.Count({"ai.usage.reasoningTokens"});
  r.streamed = a.Text({"ai.operationId"}).ends_with(".doStream");

  ChoiceText choice;
  if (a.Has({"ai.response.text"}))
    choice.content = a.Text({"ai.response.text"});
  if (a.Has({"ai.response.reasoning"}))
    choice.reasoning = a.Text({"ai.response.reasoning"});
  simdjson::dom::array calls;
  const std::string json = a.Json({"ai.response.toolCalls"});
  if (!json.empty() &&
      ParseJson(record.parser, json).get(calls) == simdjson::SUCCESS)
    for (const simdjson::dom::element& entry : calls) {
      std::string_view id;
      std::string_view name;
      simdjson::dom::element input;
      if (entry["toolName"].get(name) != simdjson::SUCCESS) continue;
      if (entry["toolCallId"].get(id) != simdjson::SUCCESS) id = "";
      std::string arguments;
      for (std::string_view key : {"input", "args"})
        if (arguments.empty() && entry[key].get(input) == simdjson::SUCCESS) {
          std::string_view text;
          arguments = input.get(text) == simdjson::SUCCESS
                          ? std::string(text)
                          : std::string(simdjson::minify(input));
        }
      AddToolCall(ToolCallJson(id, name, arguments), choice);
    }
  if (!choice.Empty() && o.choices.empty())
    o.choices.push_back(std::move(choice));
  if (o.input.empty())
    ReadPrompt(a.Json({"ai.prompt.messages"}), record.parser, o.input);
}

}  // namespace reasonwatch
