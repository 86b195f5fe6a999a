// SPDX-License-Identifier: Apache-2.0
#include "formats/api/gemini.h"

#include <string_view>

#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

constexpr std::string_view kThought = "parts.thought";

void ReadPart(const object& part, MessageBuilder& builder) {
  bool thought = false;
  if (part["thought"].get(thought) != simdjson::SUCCESS) thought = false;
  if (const auto text = GetString(part, "text")) {
    if (thought)
      builder.AddReasoning(*text, kThought);
    else
      builder.AddContent(*text);
  }
  if (!GetString(part, "thoughtSignature").value_or("").empty())
    builder.HideReasoning("thoughtSignature");
  if (const auto call = GetObject(part, "functionCall"))
    builder.AddToolCall(GetString(*call, "id").value_or(""), std::nullopt,
                        /*begins=*/true, GetString(*call, "name").value_or(""),
                        ArgumentsOf(*call, "args"));
  if (GetObject(part, "inlineData") || GetObject(part, "fileData"))
    builder.SetOtherMedia();
}

void ReadCandidate(const object& candidate, MessageBuilder& builder) {
  if (const auto content = GetObject(candidate, "content")) {
    if (const auto parts = GetArray(*content, "parts"))
      ForEachObject(*parts,
                    [&](const object& part) { ReadPart(part, builder); });
  }
  std::string_view finish = GetString(candidate, "finishReason").value_or("");
  if (finish == "FINISH_REASON_UNSPECIFIED") finish = {};
  if (finish == "STOP" && builder.message().tool_calls > 0)
    finish = "tool_calls";
  builder.SetFinishReason(finish);
}

}  // namespace

bool IsGemini(const object& root) {
  return GetArray(root, "candidates").has_value() ||
         GetObject(root, "usageMetadata").has_value() ||
         GetObject(root, "promptFeedback").has_value();
}

void ReadGemini(const object& root, MessageBuilder& builder) {
  builder.SetKnown();
  builder.SetPartial();
  builder.SetModel(GetString(root, "modelVersion").value_or(""));
  builder.CountReasoningBeside();
  if (const auto usage = GetObject(root, "usageMetadata")) {
    TakeCount(*usage, "promptTokenCount", builder.usage().input_tokens);
    TakeCount(*usage, "candidatesTokenCount", builder.usage().output_tokens);
    TakeCount(*usage, "thoughtsTokenCount", builder.usage().reasoning_tokens);
  }
  const auto candidates = GetArray(root, "candidates");
  if (candidates.has_value()) {
    builder.SetStreaming(true);
    ForEachObject(*candidates, [&](const object& candidate) {
      if (builder.TakesChoice(GetCount(candidate, "index").value_or(0)))
        ReadCandidate(candidate, builder);
    });
    builder.SetStreaming(false);
  } else {
    builder.TakesChoice(0);
  }
  // A prompt that was refused gets no candidate.
  if (const auto feedback = GetObject(root, "promptFeedback"))
    if (!GetString(*feedback, "blockReason").value_or("").empty())
      builder.SetFinishReason("content_filter");
}

}  // namespace reasonwatch
