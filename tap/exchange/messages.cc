// SPDX-License-Identifier: Apache-2.0
// Each API keeps its turns in a list under a name of its own, with the text
// under one of a few keys. A turn is read by those keys, whichever API it is,
// so a new mixture of them needs no code. OpenAI's chat form is kept as it
// came.
//
// In order: the text of a turn, the turns, the whole, switches in the text.
#include "tap/exchange/messages.h"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "tap/exchange/json.h"
#include "tap/exchange/request.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

// Requests nest texts in a few layers of parts; a hostile one in thousands.
constexpr int kMaxDepth = 6;

bool IsToolResult(const object& part) {
  const std::string_view type = TextIn(part, "type");
  return type == "tool_result" || type == "function_call_output" ||
         type.ends_with("_call_output") ||
         ValueIn<object>(part, "toolResult").has_value() ||
         ValueIn<object>(part, "functionResponse").has_value();
}

struct TurnText {
  std::string text;
  bool has_text = false;
  bool tool_result = false;
};

// Adds what an element says: a string, a part with a text, a list of parts.
void AddText(const element& from, TurnText& turn, int depth = 0) {
  std::string_view plain;
  if (from.get(plain) == simdjson::SUCCESS) {
    turn.text += plain;
    turn.has_text = true;
    return;
  }
  if (depth >= kMaxDepth) return;
  array parts;
  if (from.get(parts) == simdjson::SUCCESS) {
    for (const element& part : parts) AddText(part, turn, depth + 1);
    return;
  }
  object part;
  if (from.get(part) != simdjson::SUCCESS) return;
  if (IsToolResult(part)) {
    turn.tool_result = true;
    return;
  }
  element inner;
  if (part["text"].get(inner) == simdjson::SUCCESS)
    return AddText(inner, turn, depth + 1);
  if (part["parts"].get(inner) == simdjson::SUCCESS)
    return AddText(inner, turn, depth + 1);
}

// The role by OpenAI's name.
std::string_view RoleOf(const object& turn, const TurnText& text) {
  if (text.tool_result && !text.has_text) return "tool";
  const std::string_view role = TextIn(turn, "role");
  for (std::string_view model : {"model", "assistant", "chatbot"})
    if (ascii::EqualsIgnoringCase(role, model)) return "assistant";
  for (std::string_view same : {"system", "developer", "tool", "function"})
    if (ascii::EqualsIgnoringCase(role, same)) return same;
  return "user";
}

class ChatForm {
 public:
  void Add(std::string_view role, std::string_view text) {
    json_ += json_.empty() ? "[" : ",";
    json_ += "{\"role\":";
    json_ += JsonString(role);
    json_ += ",\"content\":";
    json_ += JsonString(text);
    json_ += "}";
  }
  bool empty() const { return json_.empty(); }
  std::string Close() { return empty() ? "" : json_ + "]"; }

 private:
  std::string json_;
};

// One turn of a list: an object with its text under one of three keys.
void AddTurn(const object& turn, ChatForm& chat) {
  TurnText text;
  text.tool_result = IsToolResult(turn);
  element content;
  for (std::string_view key : {"content", "parts", "message"})
    if (turn[key].get(content) == simdjson::SUCCESS) {
      AddText(content, text);
      break;
    }
  // The Responses API lists calls and reasoning beside the messages.
  const std::string_view type = TextIn(turn, "type");
  if (!text.has_text && !text.tool_result && !type.empty() && type != "message")
    return;
  chat.Add(RoleOf(turn, text), text.text);
}

// The turns of a list; a string among them is a user's.
std::string TurnsOf(const array& turns) {
  ChatForm chat;
  for (const element& entry : turns) {
    object turn;
    std::string_view text;
    if (entry.get(turn) == simdjson::SUCCESS)
      AddTurn(turn, chat);
    else if (entry.get(text) == simdjson::SUCCESS)
      chat.Add("user", text);
  }
  return chat.Close();
}

// OpenAI's chat has a role in each message, and content that is a text, null
// or parts with a text.
bool IsOpenAiChat(const array& messages) {
  for (const element& entry : messages) {
    object message;
    if (entry.get(message) != simdjson::SUCCESS ||
        TextIn(message, "role").empty())
      return false;
    bool open_ai = true;
    EachObject(message, "content", [&open_ai](const object& part) {
      // Anthropic's results of tools, and Bedrock's parts without a type.
      if (IsToolResult(part) || TextIn(part, "type").empty()) open_ai = false;
    });
    if (!open_ai) return false;
  }
  return true;
}

std::string TextUnder(const object& body, std::string_view key) {
  TurnText text;
  element from;
  if (body[key].get(from) == simdjson::SUCCESS) AddText(from, text);
  return std::move(text.text);
}

// The first text of a tensor `name` of the KServe protocol.
std::string TensorText(const object& body, std::string_view name) {
  std::string found;
  EachObject(body, "inputs", [&](const object& tensor) {
    if (TextIn(tensor, "name") != name) return;
    array data;
    if (tensor["data"].get(data) != simdjson::SUCCESS) return;
    std::string_view text;
    if (data.size() > 0 && data.at(0).get(text) == simdjson::SUCCESS)
      found = std::string(text);
  });
  return found;
}

// A text, or the first of several, that the model goes on from.
bool ReadPlainPrompt(const object& body, Response& r) {
  for (std::string_view key :
       {"prompt", "text_input", "inputs", "inputText", "text", "input"}) {
    element from;
    if (body[key].get(from) != simdjson::SUCCESS) continue;
    std::string_view text;
    array several;
    if (from.get(several) == simdjson::SUCCESS && several.size() > 0 &&
        several.at(0).get(from) != simdjson::SUCCESS)
      continue;
    if (from.get(text) == simdjson::SUCCESS) {
      r.prompt = std::string(text);
      return true;
    }
    // Token ids: a request, though nobody can read it here.
    int64_t id = 0;
    if (key == "prompt" && from.get(id) == simdjson::SUCCESS) return true;
  }
  r.prompt = TensorText(body, "text_input");
  return !r.prompt.empty() || ValueIn<array>(body, "input_ids").has_value();
}

// Cohere's first API: this message, and those before it.
bool ReadHistory(const object& body, Response& r) {
  const auto message = ValueIn<std::string_view>(body, "message");
  if (!message.has_value()) return false;
  ChatForm chat;
  EachObject(body, "chat_history",
             [&chat](const object& turn) { AddTurn(turn, chat); });
  chat.Add("user", *message);
  r.messages_json = chat.Close();
  return true;
}

Thinking Later(Thinking first, Thinking then) {
  return then == Thinking::kUnstated ? first : then;
}

}  // namespace

bool ReadMessages(const object& body, Response& r) {
  for (std::string_view key : {"system", "instructions", "systemInstruction",
                               "system_instruction", "preamble"})
    if (r.system_prompt.empty()) r.system_prompt = TextUnder(body, key);
  for (std::string_view key : {"messages", "input", "contents"}) {
    array turns;
    object nested;
    // DashScope and Replicate keep the messages one layer deeper.
    if (key == "input" && body[key].get(nested) == simdjson::SUCCESS) {
      if (nested["messages"].get(turns) != simdjson::SUCCESS)
        return ReadPlainPrompt(nested, r);
    } else if (body[key].get(turns) != simdjson::SUCCESS) {
      continue;
    }
    r.messages_json = key != "contents" && IsOpenAiChat(turns)
                          ? simdjson::minify(turns)
                          : TurnsOf(turns);
    if (!r.messages_json.empty()) return true;
  }
  return ReadHistory(body, r) || ReadPlainPrompt(body, r);
}

Thinking ThinkingSwitch(std::string_view text) {
  struct Switch {
    std::string_view words;
    Thinking thinking;
  };
  constexpr std::array<Switch, 6> kSwitches = {
      {{"/think", Thinking::kOn},
       {"/no_think", Thinking::kOff},
       {"/nothink", Thinking::kOff},
       {"/no-think", Thinking::kOff},
       {"detailed thinking on", Thinking::kOn},
       {"detailed thinking off", Thinking::kOff}}};
  text = ascii::Trim(text);
  for (const Switch& s : kSwitches) {
    if (text.size() < s.words.size()) continue;
    const std::string_view tail = text.substr(text.size() - s.words.size());
    const bool apart = tail.size() == text.size() ||
                       ascii::IsSpace(text[text.size() - tail.size() - 1]);
    if (apart && ascii::EqualsIgnoringCase(tail, s.words)) return s.thinking;
  }
  for (const Switch& s : kSwitches) {
    if (text.size() <= s.words.size()) continue;
    if (ascii::EqualsIgnoringCase(text.substr(0, s.words.size()), s.words) &&
        ascii::IsSpace(text[s.words.size()]))
      return s.thinking;
  }
  return Thinking::kUnstated;
}

Thinking SwitchInMessages(const object& body, const Response& r) {
  Thinking last = ThinkingSwitch(r.system_prompt);
  for (std::string_view key : {"messages", "input", "contents"})
    EachObject(body, key, [&last](const object& turn) {
      TurnText text;
      element content;
      for (std::string_view part : {"content", "parts"})
        if (turn[part].get(content) == simdjson::SUCCESS)
          AddText(content, text);
      const std::string_view role = RoleOf(turn, text);
      if (role == "user" || role == "system" || role == "developer")
        last = Later(last, ThinkingSwitch(text.text));
    });
  last = Later(last, ThinkingSwitch(r.prompt));
  return last;
}

}  // namespace reasonwatch
