// SPDX-License-Identifier: Apache-2.0
// OpenAI chat completions and legacy completions: whole objects and chunks.
#ifndef REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_
#define REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_

#include <simdjson.h>

#include "formats/api/message.h"

namespace reasonwatch {

// Reads one document with `choices`; a stream is read chunk by chunk with the
// same function. Reasoning is taken from the first of the names of
// reasoning_fields.h that holds any (servers that send two of them send the
// same text twice), and from the parts of the content that think. `text` of a
// choice is taken only if its message has none. A message among the deltas of a
// stream repeats them.
void ReadChatCompletion(const simdjson::dom::object& root,
                        MessageBuilder& builder);

// `usage` as chat completions and the Responses API have it.
void ReadOpenAiUsage(const simdjson::dom::object& usage,
                     MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_
