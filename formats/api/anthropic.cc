// SPDX-License-Identifier: Apache-2.0
#include "formats/api/anthropic.h"

#include <algorithm>

#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::object;

constexpr std::string_view kThinking = "thinking";

// A block, or a delta of one: both have the same keys.
void ReadTexts(const object& block, MessageBuilder& builder) {
  if (const auto text = GetString(block, "text")) builder.AddContent(*text);
  const bool is_signed = !GetString(block, "signature").value_or("").empty();
  if (const auto text = GetString(block, kThinking)) {
    if (is_signed)
      builder.AddSignedReasoning(*text, kThinking);
    else
      builder.AddReasoning(*text, kThinking);
  }
  if (is_signed) builder.HideReasoning(kThinking);
}

void ReadBlock(const object& block, MessageBuilder& builder) {
  const std::string_view type = GetString(block, "type").value_or("");
  if (type == kThinking) builder.BreakReasoning();
  if (type == "redacted_thinking") builder.HideReasoning(type);
  if (type.ends_with("tool_use"))
    builder.AddToolCall(GetString(block, "id").value_or(""), std::nullopt,
                        /*begins=*/true, GetString(block, "name").value_or(""),
                        ArgumentsOf(block, "input"));
  if (type == "image" || type == "audio") builder.SetOtherMedia();
  if (type == "text" || type == kThinking) ReadTexts(block, builder);
}

}  // namespace

bool AnthropicReader::Knows(std::string_view type) {
  return type == "message" || type == "ping" ||
         type.starts_with("content_block_") || type.starts_with("message_");
}

void AnthropicReader::ReadUsage(const object& usage, MessageBuilder& builder) {
  TakeCount(usage, "output_tokens", builder.usage().output_tokens);
  TakeCount(usage, "input_tokens", input_);
  TakeCount(usage, "cache_read_input_tokens", cache_read_);
  TakeCount(usage, "cache_creation_input_tokens", cache_written_);
  if (const auto details = GetObject(usage, "output_tokens_details"))
    for (std::string_view key : {"thinking_tokens", "reasoning_tokens"})
      TakeCount(*details, key, builder.usage().reasoning_tokens);
  if (!input_.has_value()) return;
  constexpr int64_t kMost = int64_t{1} << 53;
  int64_t sum = 0;
  for (const auto& part : {input_, cache_read_, cache_written_})
    sum += std::min(part.value_or(0), kMost);
  builder.usage().input_tokens = sum;
}

void AnthropicReader::ReadMessage(const object& message,
                                  MessageBuilder& builder) {
  builder.SetModel(GetString(message, "model").value_or(""));
  if (const auto blocks = GetArray(message, "content")) {
    builder.BeginWhole();
    ForEachObject(*blocks,
                  [&](const object& block) { ReadBlock(block, builder); });
    builder.EndWhole();
  }
  builder.SetFinishReason(GetString(message, "stop_reason").value_or(""));
  if (const auto usage = GetObject(message, "usage"))
    ReadUsage(*usage, builder);
}

void AnthropicReader::Read(std::string_view type, const object& root,
                           MessageBuilder& builder) {
  // A ping says nothing, not even that there is a message.
  if (type == "ping") return;
  builder.SetKnown();
  builder.TakesChoice(0);
  if (type == "message") {
    ReadMessage(root, builder);
    return builder.SetEnded();
  }
  builder.SetPartial();
  builder.SetStreaming(true);
  if (type == "message_start") {
    if (const auto message = GetObject(root, "message"))
      ReadMessage(*message, builder);
  } else if (type == "content_block_start") {
    if (const auto block = GetObject(root, "content_block"))
      ReadBlock(*block, builder);
  } else if (type == "content_block_delta") {
    if (const auto delta = GetObject(root, "delta")) {
      ReadTexts(*delta, builder);
      builder.AddArguments(GetString(*delta, "partial_json").value_or(""));
    }
  } else if (type == "message_delta") {
    if (const auto delta = GetObject(root, "delta"))
      builder.SetFinishReason(GetString(*delta, "stop_reason").value_or(""));
    if (const auto usage = GetObject(root, "usage")) ReadUsage(*usage, builder);
  } else if (type == "message_stop") {
    builder.SetEnded();
  }
  builder.SetStreaming(false);
}

}  // namespace reasonwatch
