// SPDX-License-Identifier: Apache-2.0
// Messages that are spread over attributes, one a field, such as
// `llm.output_messages.0.message.content` of OpenInference and
// `gen_ai.completion.0.content` of OpenLLMetry.
//
// Pure.
#ifndef REASONWATCH_TAP_OTLP_FLAT_MESSAGES_H_
#define REASONWATCH_TAP_OTLP_FLAT_MESSAGES_H_

#include <string>
#include <string_view>
#include <vector>

#include "tap/otlp/attributes.h"
#include "tap/otlp/observation.h"

namespace reasonwatch {

// Adds the choices under `prefix`, which ends in a dot. False if it has none.
bool ReadFlatAnswer(const Attributes& attributes, std::string_view prefix,
                    std::vector<ChoiceText>& choices);

// Adds the messages under `prefix` in OpenAI's form.
bool ReadFlatPrompt(const Attributes& attributes, std::string_view prefix,
                    std::vector<std::string>& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_FLAT_MESSAGES_H_
