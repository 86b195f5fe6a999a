#include "formats/api/chat_completions.h"

#include <algorithm>
#include <string_view>

#include "formats/api/json.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// A string, or parts {"type": "text" | "thinking" | "refusal", ...}; a
// thinking part holds a string or text parts.
void ReadContentParts(const array& parts, MessageBuilder& builder) {
  constexpr std::string_view kField = "content.thinking";
  ForEachObject(parts, [&](const object& part) {
    if (const auto text = GetString(part, "text")) builder.AddContent(*text);
    if (const auto text = GetString(part, "refusal")) builder.AddContent(*text);
    if (const auto text = GetString(part, "thinking"))
      builder.AddReasoning(*text, kField);
    if (const auto thinking = GetArray(part, "thinking"))
      ForEachObject(*thinking, [&](const object& inner) {
        if (const auto text = GetString(inner, "text"))
          builder.AddReasoning(*text, kField);
      });
  });
}

// OpenRouter's; text, a summary of it, or encrypted.
bool ReadReasoningDetails(const object& message, MessageBuilder& builder) {
  constexpr std::string_view kField = "reasoning_details";
  const auto details = GetArray(message, kField);
  if (!details.has_value()) return false;
  bool any = false;
  ForEachObject(*details, [&](const object& detail) {
    for (std::string_view key : {"text", "summary"}) {
      const auto text = GetString(detail, key);
      if (!text.has_value()) continue;
      builder.AddReasoning(*text, kField);
      any = any || !text->empty();
    }
    if (!GetString(detail, "data").value_or("").empty())
      builder.HideReasoning(kField);
  });
  return any;
}

// LiteLLM's copy of Anthropic's blocks.
void ReadThinkingBlocks(const object& message, MessageBuilder& builder) {
  constexpr std::string_view kField = "thinking_blocks";
  const auto blocks = GetArray(message, kField);
  if (!blocks.has_value()) return;
  ForEachObject(*blocks, [&](const object& block) {
    if (const auto text = GetString(block, "thinking"))
      builder.AddReasoning(*text, kField);
    for (std::string_view key : {"data", "signature"})
      if (!GetString(block, key).value_or("").empty())
        builder.HideReasoning(kField);
  });
}

void ReadReasoning(const object& message, MessageBuilder& builder) {
  for (std::string_view field :
       {"reasoning", "reasoning_content", "thinking"}) {
    const auto text = GetString(message, field);
    if (!text.has_value()) continue;
    builder.AddReasoning(*text, field);
    if (!text->empty()) return;
  }
  if (!ReadReasoningDetails(message, builder))
    ReadThinkingBlocks(message, builder);
}

void ReadToolCalls(const object& message, bool delta, MessageBuilder& builder) {
  if (GetObject(message, "function_call")) builder.AtLeastToolCalls(1);
  const auto calls = GetArray(message, "tool_calls");
  if (!calls.has_value()) return;
  int64_t position = 0;
  ForEachObject(*calls, [&](const object& call) {
    ++position;
    // Deltas of one call share its index; where there is none, each call
    // comes whole, with its id.
    if (const auto index = GetCount(call, "index")) {
      // No server has so many, so the sum below can't overflow.
      builder.AtLeastToolCalls(std::min<int64_t>(*index, 1'000'000) + 1);
    } else if (!delta) {
      builder.AtLeastToolCalls(position);
    } else if (!GetString(call, "id").value_or("").empty()) {
      builder.AddToolCalls(1);
    }
  });
}

void ReadChoice(const object& choice, MessageBuilder& builder) {
  builder.SetFinishReason(GetString(choice, "finish_reason").value_or(""));
  // Legacy completions have the text in the choice itself.
  if (const auto text = GetString(choice, "text")) builder.AddContent(*text);
  bool delta = false;
  auto message = GetObject(choice, "message");
  if (!message.has_value()) {
    message = GetObject(choice, "delta");
    delta = true;
  }
  if (!message.has_value()) return;
  element content;
  if ((*message)["content"].get(content) == simdjson::SUCCESS) {
    std::string_view text;
    array parts;
    if (content.get(text) == simdjson::SUCCESS) {
      builder.AddContent(text);
    } else if (content.get(parts) == simdjson::SUCCESS) {
      ReadContentParts(parts, builder);
    }
  }
  if (const auto refusal = GetString(*message, "refusal"))
    builder.AddContent(*refusal);
  ReadReasoning(*message, builder);
  ReadToolCalls(*message, delta, builder);
}

}  // namespace

void ReadOpenAiUsage(const object& usage, Usage& into) {
  TakeCount(usage, "prompt_tokens", into.input_tokens);
  TakeCount(usage, "input_tokens", into.input_tokens);
  TakeCount(usage, "completion_tokens", into.output_tokens);
  TakeCount(usage, "output_tokens", into.output_tokens);
  TakeCount(usage, "reasoning_tokens", into.reasoning_tokens);
  for (std::string_view key :
       {"completion_tokens_details", "output_tokens_details"})
    if (const auto details = GetObject(usage, key))
      TakeCount(*details, "reasoning_tokens", into.reasoning_tokens);
}

void ReadChatCompletion(const object& root, const element& choices,
                        MessageBuilder& builder) {
  builder.SetKnown();
  builder.SetFingerprint(GetString(root, "system_fingerprint").value_or(""));
  if (const auto metadata = GetObject(root, "metadata"))
    builder.SetWeightsVersion(
        GetString(*metadata, "weight_version").value_or(""));
  if (const auto usage = GetObject(root, "usage"))
    ReadOpenAiUsage(*usage, builder.usage());
  array entries;
  if (choices.get(entries) != simdjson::SUCCESS) return;
  int64_t position = 0;
  ForEachObject(entries, [&](const object& choice) {
    const int64_t index = GetCount(choice, "index").value_or(position);
    ++position;
    if (builder.TakesChoice(index)) ReadChoice(choice, builder);
  });
}

}  // namespace reasonwatch
