// SPDX-License-Identifier: Apache-2.0
// A message is read the same way whatever API it is from: its text, its
// reasoning and its calls may be fields of the message or parts of a list, and
// the table kPartKinds says which kind of part is which.
//
// In order: lookups, parts, one message, the functions of the header.
#include "tap/otlp/messages.h"

#include <array>
#include <utility>

#include "absl/strings/str_format.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

enum class PartKind : uint8_t { kOther, kText, kReasoning, kCall, kResult };

// table: names of parts in the GenAI conventions and in the APIs
constexpr std::array<std::pair<std::string_view, PartKind>, 13> kPartKinds = {{
    {"text", PartKind::kText},
    {"output_text", PartKind::kText},
    {"input_text", PartKind::kText},
    {"refusal", PartKind::kText},
    {"reasoning", PartKind::kReasoning},
    {"thinking", PartKind::kReasoning},
    {"reasoning_text", PartKind::kReasoning},
    {"summary_text", PartKind::kReasoning},
    {"tool_call", PartKind::kCall},
    {"tool_use", PartKind::kCall},
    {"function_call", PartKind::kCall},
    {"tool_call_response", PartKind::kResult},
    {"tool_result", PartKind::kResult},
}};

constexpr std::array<std::string_view, 4> kReasoningFields = {
    "reasoning_content", "reasoning", "thinking", "reasoning_text"};

std::string_view TextAt(const object& from, std::string_view key) {
  std::string_view text;
  if (from[key].get(text) != simdjson::SUCCESS) return "";
  return text;
}

template <typename F>
void Each(element value, F take) {
  array list;
  if (value.get(list) == simdjson::SUCCESS) {
    size_t left = kMaxMessages;
    for (const element& entry : list)
      if (left-- > 0) take(entry);
  } else {
    take(value);
  }
}

PartKind KindOf(const object& part) {
  const std::string_view type = TextAt(part, "type");
  for (const auto& [name, kind] : kPartKinds)
    if (name == type) return kind;
  return PartKind::kOther;
}

void Append(std::string_view piece, std::optional<std::string>& to) {
  if (!to.has_value()) {
    to = std::string(piece);
  } else if (to->empty() || piece.empty()) {
    to->append(piece);
  } else {
    to->append("\n\n").append(piece);
  }
}

// The words of a part: a field that is a string, or a list of further parts.
std::string PartText(const object& part) {
  std::string text;
  for (std::string_view key :
       {"content", "text", "thinking", "reasoning", "refusal", "summary"}) {
    element value;
    if (part[key].get(value) != simdjson::SUCCESS || value.is_null()) continue;
    Each(value, [&text](element entry) {
      std::string_view plain;
      object inner;
      if (entry.get(plain) == simdjson::SUCCESS)
        text.append(plain);
      else if (entry.get(inner) == simdjson::SUCCESS)
        text.append(TextAt(inner, "text"));
    });
    if (!text.empty()) break;
  }
  return text;
}

// One emitter writes the list of summaries as JSON text.
std::string ReasoningText(const object& part) {
  std::string text = PartText(part);
  if (!text.starts_with("[{")) return text;
  simdjson::dom::parser parser;
  array list;
  if (ParseJson(parser, text).get(list) != simdjson::SUCCESS) return text;
  std::string joined;
  for (const element& entry : list) {
    object inner;
    if (entry.get(inner) != simdjson::SUCCESS) return text;
    joined.append(TextAt(inner, "text"));
  }
  return joined.empty() ? text : joined;
}

std::string JsonTextAt(const object& from, std::string_view key) {
  element value;
  if (from[key].get(value) != simdjson::SUCCESS || value.is_null()) return "";
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) return std::string(text);
  return simdjson::minify(value);
}

void ReadCall(const object& call, ChoiceText& choice) {
  object function;
  const object& named =
      call["function"].get(function) == simdjson::SUCCESS ? function : call;
  std::string arguments = JsonTextAt(named, "arguments");
  if (arguments.empty()) arguments = JsonTextAt(named, "input");
  AddToolCall(
      ToolCallJson(TextAt(call, "id"), TextAt(named, "name"), arguments),
      choice);
}

void ReadParts(element parts, ChoiceText& choice) {
  Each(parts, [&choice](element entry) {
    object part;
    std::string_view plain;
    if (entry.get(plain) == simdjson::SUCCESS) {
      Append(plain, choice.content);
    } else if (entry.get(part) == simdjson::SUCCESS) {
      switch (KindOf(part)) {
        case PartKind::kText:
          Append(PartText(part), choice.content);
          break;
        case PartKind::kReasoning:
          Append(ReasoningText(part), choice.reasoning);
          break;
        case PartKind::kCall:
          ReadCall(part, choice);
          break;
        default:
          break;
      }
    }
  });
}

// One message, or one choice that holds it; fields that are null are absent.
ChoiceText ReadMessage(const object& outer) {
  ChoiceText choice;
  object inner;
  const object& message =
      outer["message"].get(inner) == simdjson::SUCCESS ? inner : outer;
  element value;
  if (message["parts"].get(value) == simdjson::SUCCESS) {
    ReadParts(value, choice);
    // An answer without any part was delivered, and is empty.
    if (choice.Empty()) choice.content = "";
  }
  if (message["content"].get(value) == simdjson::SUCCESS && !value.is_null())
    ReadParts(value, choice);
  for (std::string_view key : kReasoningFields) {
    std::string_view text;
    if (message[key].get(text) != simdjson::SUCCESS) continue;
    if (!choice.reasoning.has_value()) choice.reasoning = std::string(text);
    break;
  }
  if (message["tool_calls"].get(value) == simdjson::SUCCESS && !value.is_null())
    Each(value, [&choice](element entry) {
      object call;
      if (entry.get(call) == simdjson::SUCCESS) ReadCall(call, choice);
    });
  // An item of the Responses API may be a call by itself.
  if (KindOf(message) == PartKind::kCall) ReadCall(message, choice);
  for (const object* from : {&message, &std::as_const(outer)})
    for (std::string_view key : {"finish_reason", "stop_reason"})
      if (const auto reason = TextAt(*from, key); !reason.empty())
        choice.finish_reason = std::string(reason);
  return choice;
}

void Join(ChoiceText&& from, ChoiceText& to) {
  if (from.content.has_value()) Append(*from.content, to.content);
  if (from.reasoning.has_value()) Append(*from.reasoning, to.reasoning);
  if (!from.finish_reason.empty())
    to.finish_reason = std::move(from.finish_reason);
  if (from.tool_calls > 0) {
    if (!to.tool_calls_json.empty()) to.tool_calls_json += ',';
    to.tool_calls_json += from.tool_calls_json;
    to.tool_calls += from.tool_calls;
  }
}

bool Parse(std::string_view json, simdjson::dom::parser& parser,
           element& root) {
  return ParseJson(parser, json).get(root) == simdjson::SUCCESS;
}

// The text of a prompt's message; results of tools are its text too.
std::string PromptText(const object& message) {
  std::string text;
  for (std::string_view key : {"parts", "content"}) {
    element value;
    if (message[key].get(value) != simdjson::SUCCESS) continue;
    Each(value, [&text](element entry) {
      std::string_view plain;
      object part;
      if (entry.get(plain) == simdjson::SUCCESS) {
        text.append(plain);
      } else if (entry.get(part) == simdjson::SUCCESS) {
        const PartKind kind = KindOf(part);
        if (kind == PartKind::kText) text.append(PartText(part));
        if (kind != PartKind::kResult) return;
        for (std::string_view result : {"response", "result", "content"})
          text.append(JsonTextAt(part, result));
      }
    });
    break;
  }
  return text;
}

}  // namespace

std::string MessageJson(std::string_view role, std::string_view content) {
  return absl::StrFormat("{\"role\":%s,\"content\":%s}",
                         JsonString(role.empty() ? "user" : role),
                         JsonString(content));
}

std::string ToolCallJson(std::string_view id, std::string_view name,
                         std::string_view arguments) {
  return absl::StrFormat(
      "{\"id\":%s,\"type\":\"function\",\"function\":{\"name\":%s,"
      "\"arguments\":%s}}",
      JsonString(id), JsonString(name), JsonString(arguments));
}

void AddToolCall(std::string_view json, ChoiceText& choice) {
  constexpr int32_t kMaxCalls = 1024;  // far over any response
  if (choice.tool_calls >= kMaxCalls) return;
  if (!choice.tool_calls_json.empty()) choice.tool_calls_json += ',';
  choice.tool_calls_json += json;
  ++choice.tool_calls;
}

bool ReadAnswer(std::string_view json, bool one_choice,
                simdjson::dom::parser& parser,
                std::vector<ChoiceText>& choices) {
  element root;
  if (!Parse(json, parser, root)) return false;
  const size_t before = choices.size();
  Each(root, [&](element entry) {
    std::string_view plain;
    object message;
    ChoiceText choice;
    if (entry.get(plain) == simdjson::SUCCESS) {
      choice.content = std::string(plain);
    } else if (entry.get(message) == simdjson::SUCCESS) {
      choice = ReadMessage(message);
      if (choice.Empty() && choice.finish_reason.empty()) return;
    } else {
      return;
    }
    const bool is_first = choices.size() == before;
    if (is_first || (!one_choice && choice.content.has_value() &&
                     choices.back().content.has_value())) {
      if (choices.size() < kMaxChoices) choices.push_back(std::move(choice));
    } else {
      Join(std::move(choice), choices.back());
    }
  });
  return choices.size() > before;
}

bool ReadPrompt(std::string_view json, simdjson::dom::parser& parser,
                std::vector<std::string>& messages) {
  element root;
  if (!Parse(json, parser, root)) return false;
  const size_t before = messages.size();
  Each(root, [&messages](element entry) {
    if (messages.size() >= kMaxMessages) return;
    std::string_view plain;
    object message;
    if (entry.get(plain) == simdjson::SUCCESS) {
      messages.push_back(MessageJson("user", plain));
    } else if (entry.get(message) == simdjson::SUCCESS) {
      object inner;
      if (message["message"].get(inner) == simdjson::SUCCESS) message = inner;
      messages.push_back(
          MessageJson(TextAt(message, "role"), PromptText(message)));
    }
  });
  return messages.size() > before;
}

std::string ReadInstructions(std::string_view json,
                             simdjson::dom::parser& parser) {
  element root;
  if (json.empty()) return "";
  // Plain text, not JSON, is itself the instruction.
  if (!Parse(json, parser, root)) return std::string(json);
  std::string text;
  Each(root, [&text](element entry) {
    std::string_view plain;
    object part;
    if (entry.get(plain) == simdjson::SUCCESS)
      text.append(plain);
    else if (entry.get(part) == simdjson::SUCCESS)
      text.append(PartText(part));
  });
  return text.empty() && !root.is_array() && !root.is_object()
             ? std::string(json)
             : text;
}

}  // namespace reasonwatch
