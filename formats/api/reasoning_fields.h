// SPDX-License-Identifier: Apache-2.0
// Reasoning in the fields of a message: under any name, in any shape.
#ifndef REASONWATCH_FORMATS_API_REASONING_FIELDS_H_
#define REASONWATCH_FORMATS_API_REASONING_FIELDS_H_

#include <simdjson.h>

#include <string_view>

#include "formats/api/message.h"

namespace reasonwatch {

// The meaning of a field's name.
enum class FieldKind : uint8_t {
  kOther,
  kReasoning,  // holds reasoning
  kHidden,     // holds reasoning that nobody can read: encrypted, a signature
  kAbout       // speaks of reasoning, and holds none: a count, a switch
};
// By the words in the name, e.g. "reasoning_content" or "thinkingText": every
// host has its own.
FieldKind FieldKindOf(std::string_view name);

// The place of a name among those that servers use for one text, the most
// usual first; any other name comes last.
int RankOf(std::string_view name);

// Adds a value of any shape: a string, an object with a text or with a
// signature or data that nobody can read, or a list of these. Returns whether
// it held any text. `field` is the name that is reported.
bool ReadReasoningValue(const simdjson::dom::element& value,
                        std::string_view field, MessageBuilder& builder);
bool ReadReasoningValue(const simdjson::dom::object& value,
                        std::string_view field, MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_REASONING_FIELDS_H_
