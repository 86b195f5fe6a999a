// SPDX-License-Identifier: Apache-2.0
#include "formats/api/cohere.h"

#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

// Both a whole part of a content and a delta of one.
void ReadPart(const object& part, MessageBuilder& builder) {
  if (const auto text = GetString(part, "text")) builder.AddContent(*text);
  if (const auto text = GetString(part, "thinking"))
    builder.AddReasoning(*text, "content.thinking");
}

void AddCall(const object& tool, bool begins, MessageBuilder& builder) {
  const auto function = GetObject(tool, "function");
  builder.AddToolCall(GetString(tool, "id").value_or(""), std::nullopt, begins,
                      function ? GetString(*function, "name").value_or("") : "",
                      function ? ArgumentsOf(*function, "arguments") : "");
}

void ReadMessage(const object& message, MessageBuilder& builder) {
  if (const auto plan = GetString(message, "tool_plan"))
    builder.AddReasoning(*plan, "tool_plan");
  if (const auto parts = GetArray(message, "content"))
    ForEachObject(*parts, [&](const object& part) { ReadPart(part, builder); });
  if (const auto part = GetObject(message, "content")) ReadPart(*part, builder);
  const auto call = [&builder](const object& tool) {
    AddCall(tool, GetObject(tool, "function").has_value(), builder);
  };
  if (const auto calls = GetArray(message, "tool_calls"))
    ForEachObject(*calls, call);
}

void ReadEnd(const object& end, MessageBuilder& builder) {
  builder.SetFinishReason(GetString(end, "finish_reason").value_or(""));
  const auto usage = GetObject(end, "usage");
  if (!usage.has_value()) return;
  const auto tokens = GetObject(*usage, "tokens");
  if (!tokens.has_value()) return;
  TakeCount(*tokens, "input_tokens", builder.usage().input_tokens);
  TakeCount(*tokens, "output_tokens", builder.usage().output_tokens);
}

}  // namespace

bool IsCohere(const object& root, std::string_view type) {
  for (std::string_view begin : {"message-", "content-", "tool-", "citation-"})
    if (type.starts_with(begin)) return true;
  const auto message = GetObject(root, "message");
  return message.has_value() && GetString(root, "finish_reason") &&
         (GetArray(*message, "content") || GetArray(*message, "tool_calls"));
}

void ReadCohere(const object& root, std::string_view type,
                MessageBuilder& builder) {
  builder.SetKnown();
  builder.TakesChoice(0);
  if (type.empty() || type == "message") {
    if (const auto message = GetObject(root, "message"))
      ReadMessage(*message, builder);
    return ReadEnd(root, builder);
  }
  builder.SetPartial();
  const auto delta = GetObject(root, "delta");
  if (!delta.has_value()) return;
  if (const auto message = GetObject(*delta, "message")) {
    builder.SetStreaming(true);
    // A call's arguments come in events of their own, without its id.
    if (type == "tool-call-start") {
      if (const auto call = GetObject(*message, "tool_calls"))
        AddCall(*call, /*begins=*/true, builder);
    } else if (type == "tool-call-delta") {
      if (const auto call = GetObject(*message, "tool_calls"))
        if (const auto function = GetObject(*call, "function"))
          builder.AddArguments(GetString(*function, "arguments").value_or(""));
    } else {
      ReadMessage(*message, builder);
    }
    builder.SetStreaming(false);
  }
  if (type == "message-end") {
    ReadEnd(*delta, builder);
    builder.SetEnded();
  }
}

}  // namespace reasonwatch
