// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/flat_messages.h"

#include <cstdint>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "tap/otlp/messages.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

struct FlatPart {
  std::string type;
  std::string text;
};
struct FlatCall {
  std::string id;
  std::string name;
  std::string arguments;
};
struct FlatMessage {
  std::string role;
  std::optional<std::string> content;
  std::optional<std::string> reasoning;
  std::string finish_reason;
  std::map<int32_t, FlatPart> parts;
  std::map<int32_t, FlatCall> calls;
};

// The part of `path` before its first dot, which is removed with it.
std::string_view NextWord(std::string_view& path) {
  const size_t dot = path.find('.');
  const std::string_view word = path.substr(0, dot);
  path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  return word;
}

std::optional<int32_t> Index(std::string_view word) {
  int32_t index = 0;
  if (!absl::SimpleAtoi(AbslView(word), &index) || index < 0 ||
      index >= static_cast<int32_t>(kMaxMessages))
    return std::nullopt;
  return index;
}

// Names that only say to which thing the next one belongs.
bool IsWrapper(std::string_view word) {
  return word == "message" || word == "message_content" ||
         word == "tool_call" || word == "function";
}

std::string_view NextField(std::string_view& path) {
  std::string_view word = NextWord(path);
  while (!path.empty() && IsWrapper(word)) word = NextWord(path);
  return word;
}

void SetPart(std::string_view field, const OtlpValue& value, FlatPart& part) {
  if (field == "type") part.type = ValueText(value);
  if (field == "text" || field == "content" || field == "reasoning")
    part.text = ValueText(value);
}

void SetCall(std::string_view field, const OtlpValue& value, FlatCall& call) {
  if (field == "id") call.id = ValueText(value);
  if (field == "name") call.name = ValueText(value);
  if (field == "arguments")
    call.arguments =
        value.has_string_value() ? ValueText(value) : ValueJson(value);
}

void SetField(std::string_view path, const OtlpValue& value,
              FlatMessage& message) {
  const std::string_view field = NextField(path);
  if (field == "contents" || field == "tool_calls") {
    const std::optional<int32_t> index = Index(NextWord(path));
    if (!index.has_value()) return;
    if (field == "contents")
      SetPart(NextField(path), value, message.parts[*index]);
    else
      SetCall(NextField(path), value, message.calls[*index]);
    return;
  }
  if (!path.empty()) return;
  if (field == "role") message.role = ValueText(value);
  if (field == "content")
    message.content =
        value.has_string_value() ? ValueText(value) : ValueJson(value);
  if (field == "finish_reason") message.finish_reason = ValueText(value);
  if (field == "reasoning" || field == "reasoning_content" ||
      field == "thinking")
    message.reasoning = ValueText(value);
}

std::map<int32_t, FlatMessage> Gather(const Attributes& attributes,
                                      std::string_view prefix) {
  std::map<int32_t, FlatMessage> messages;
  attributes.WithPrefix(
      prefix, [&](std::string_view path, const OtlpValue& value) {
        const std::optional<int32_t> index = Index(NextWord(path));
        if (index.has_value() && !path.empty())
          SetField(path, value, messages[*index]);
      });
  return messages;
}

bool IsReasoning(const FlatPart& part) {
  return part.type == "reasoning" || part.type == "thinking";
}

}  // namespace

bool ReadFlatAnswer(const Attributes& attributes, std::string_view prefix,
                    std::vector<ChoiceText>& choices) {
  const size_t before = choices.size();
  for (auto& [index, message] : Gather(attributes, prefix)) {
    ChoiceText choice;
    choice.content = std::move(message.content);
    choice.reasoning = std::move(message.reasoning);
    for (const auto& [place, part] : message.parts) {
      std::optional<std::string>& to =
          IsReasoning(part) ? choice.reasoning : choice.content;
      to = to.value_or("") + part.text;
    }
    for (const auto& [place, call] : message.calls)
      AddToolCall(ToolCallJson(call.id, call.name, call.arguments), choice);
    choice.finish_reason = std::move(message.finish_reason);
    // A role alone says that there was an answer, and none of its text.
    if (!choice.Empty() && choices.size() < kMaxChoices)
      choices.push_back(std::move(choice));
  }
  return choices.size() > before;
}

bool ReadFlatPrompt(const Attributes& attributes, std::string_view prefix,
                    std::vector<std::string>& messages) {
  const size_t before = messages.size();
  for (const auto& [index, message] : Gather(attributes, prefix)) {
    std::string text = message.content.value_or("");
    for (const auto& [place, part] : message.parts) text += part.text;
    messages.push_back(MessageJson(message.role, text));
  }
  return messages.size() > before;
}

}  // namespace reasonwatch
