// OpenAI chat completions and legacy completions: whole objects and chunks.
#ifndef REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_
#define REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_

#include <simdjson.h>

#include "formats/api/message.h"

namespace reasonwatch {

// Reads one document with `choices`; a stream is read chunk by chunk with the
// same function. Reasoning is taken from the first of `reasoning`,
// `reasoning_content`, `thinking`, `reasoning_details` and `thinking_blocks`
// that holds any (servers that send two of them send the same text twice), or
// from thinking parts of the content.
void ReadChatCompletion(const simdjson::dom::object& root,
                        const simdjson::dom::element& choices,
                        MessageBuilder& builder);

// `usage` as chat completions and the Responses API have it.
void ReadOpenAiUsage(const simdjson::dom::object& usage, Usage& into);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_CHAT_COMPLETIONS_H_
