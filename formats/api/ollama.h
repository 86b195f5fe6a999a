// SPDX-License-Identifier: Apache-2.0
// Ollama's own API: /api/chat and /api/generate, one document or NDJSON.
#ifndef REASONWATCH_FORMATS_API_OLLAMA_H_
#define REASONWATCH_FORMATS_API_OLLAMA_H_

#include <simdjson.h>

#include "formats/api/message.h"

namespace reasonwatch {

// Whether a document without `choices` and `type` is one of Ollama's.
bool IsOllama(const simdjson::dom::object& root);

// Reads one document; a stream is read line by line with the same function.
void ReadOllama(const simdjson::dom::object& root, MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_OLLAMA_H_
