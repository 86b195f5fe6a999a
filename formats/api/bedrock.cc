// SPDX-License-Identifier: Apache-2.0
#include "formats/api/bedrock.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "formats/api/json.h"
#include "formats/api/reasoning_fields.h"

namespace reasonwatch {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kReasoning = "reasoningContent";
constexpr auto kEvents = std::to_array<std::string_view>(
    {"messageStart", "contentBlockStart", "contentBlockDelta",
     "contentBlockStop", "messageStop", "metadata"});

// A block, or a delta or start of one: all have the same keys.
void ReadBlock(const object& block, MessageBuilder& builder) {
  if (const auto text = GetString(block, "text")) builder.AddContent(*text);
  if (element value; block[kReasoning].get(value) == simdjson::SUCCESS)
    ReadReasoningValue(value, kReasoning, builder);
  for (std::string_view media : {"image", "video", "document", "audio"})
    if (GetObject(block, media)) builder.SetOtherMedia();
}

void ReadToolUse(const object& block, MessageBuilder& builder) {
  if (const auto tool = GetObject(block, "toolUse"))
    builder.AddToolCall(GetString(*tool, "toolUseId").value_or(""),
                        std::nullopt, /*begins=*/true,
                        GetString(*tool, "name").value_or(""),
                        ArgumentsOf(*tool, "input"));
}

void ReadUsage(const object& usage, MessageBuilder& builder) {
  TakeCount(usage, "inputTokens", builder.usage().input_tokens);
  TakeCount(usage, "outputTokens", builder.usage().output_tokens);
}

void ReadMessage(const object& message, MessageBuilder& builder) {
  const auto blocks = GetArray(message, "content");
  if (!blocks.has_value()) return;
  builder.BeginWhole();
  ForEachObject(*blocks, [&](const object& block) {
    if (GetObject(block, kReasoning)) builder.BreakReasoning();
    ReadBlock(block, builder);
    ReadToolUse(block, builder);
  });
  builder.EndWhole();
}

void ReadEvent(const object& event, MessageBuilder& builder) {
  builder.SetPartial();
  if (const auto start = GetObject(event, "start")) {
    ReadToolUse(*start, builder);
    builder.BreakReasoning();
  }
  if (const auto delta = GetObject(event, "delta")) {
    builder.SetStreaming(true);
    ReadBlock(*delta, builder);
    if (const auto tool = GetObject(*delta, "toolUse"))
      builder.AddArguments(GetString(*tool, "input").value_or(""));
    builder.SetStreaming(false);
  }
  builder.SetFinishReason(GetString(event, "stopReason").value_or(""));
  if (const auto usage = GetObject(event, "usage")) ReadUsage(*usage, builder);
}

}  // namespace

bool IsBedrock(const object& root) {
  if (const auto output = GetObject(root, "output"))
    return GetObject(*output, "message").has_value();
  if (std::ranges::any_of(kEvents, [&root](std::string_view name) {
        const auto event = GetObject(root, name);
        return event.has_value() &&
               (name != "metadata" || GetObject(*event, "usage"));
      }))
    return true;
  return GetCount(root, "contentBlockIndex").has_value() ||
         GetString(root, "stopReason").has_value();
}

void ReadBedrock(const object& root, MessageBuilder& builder) {
  builder.SetKnown();
  builder.TakesChoice(0);
  if (const auto output = GetObject(root, "output")) {
    if (const auto message = GetObject(*output, "message"))
      ReadMessage(*message, builder);
    builder.SetFinishReason(GetString(root, "stopReason").value_or(""));
    if (const auto usage = GetObject(root, "usage")) ReadUsage(*usage, builder);
    return;
  }
  for (std::string_view name : kEvents)
    if (const auto event = GetObject(root, name)) {
      ReadEvent(*event, builder);
      return;
    }
  ReadEvent(root, builder);
}

}  // namespace reasonwatch
