// SPDX-License-Identifier: Apache-2.0
// Messages in JSON as emitters write them: with the parts of the GenAI
// conventions, as raw messages of OpenAI's or Anthropic's API, as choices that
// hold a message, alone or in an array.
//
// Pure. Values of another kind than expected are left out.
#ifndef REASONWATCH_TAP_OTLP_MESSAGES_H_
#define REASONWATCH_TAP_OTLP_MESSAGES_H_

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "tap/otlp/observation.h"

namespace reasonwatch {

// More messages or choices than this are left out.
inline constexpr size_t kMaxMessages = 4096;
// Servers cap n at 128.
inline constexpr size_t kMaxChoices = 128;

// Adds the choices of an answer. An emitter may give the parts of one choice in
// several messages, reasoning first: a new choice begins only where a second
// text comes, and never with `one_choice`. Returns false if `json` holds none.
bool ReadAnswer(std::string_view json, bool one_choice,
                simdjson::dom::parser& parser,
                std::vector<ChoiceText>& choices);

// Adds the messages of a prompt in OpenAI's form; a plain string is a user's.
bool ReadPrompt(std::string_view json, simdjson::dom::parser& parser,
                std::vector<std::string>& messages);

// The text of instructions that are a string or a list of parts.
std::string ReadInstructions(std::string_view json,
                             simdjson::dom::parser& parser);

// One message in OpenAI's form.
std::string MessageJson(std::string_view role, std::string_view content);
// One call of a tool in OpenAI's form; `arguments` is JSON text.
std::string ToolCallJson(std::string_view id, std::string_view name,
                         std::string_view arguments);
void AddToolCall(std::string_view json, ChoiceText& choice);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_MESSAGES_H_
