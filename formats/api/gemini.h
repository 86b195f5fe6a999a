// SPDX-License-Identifier: Apache-2.0
// Gemini's own API: generateContent and streamGenerateContent.
#ifndef REASONWATCH_FORMATS_API_GEMINI_H_
#define REASONWATCH_FORMATS_API_GEMINI_H_

#include <simdjson.h>

#include "formats/api/message.h"

namespace reasonwatch {

// Whether a document without `choices` and `type` is one of Gemini's.
bool IsGemini(const simdjson::dom::object& root);

// Reads one document; a stream is read event by event with the same function.
// Parts marked as thoughts are reasoning; a signature without them is hidden
// reasoning. Thoughts are counted beside the answer's tokens.
void ReadGemini(const simdjson::dom::object& root, MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_GEMINI_H_
