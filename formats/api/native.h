// SPDX-License-Identifier: Apache-2.0
// Servers' own APIs for raw text: llama.cpp's /completion, SGLang's and TGI's
// /generate, Triton's generate extension, and a bare `response`.
#ifndef REASONWATCH_FORMATS_API_NATIVE_H_
#define REASONWATCH_FORMATS_API_NATIVE_H_

#include <simdjson.h>

#include "formats/api/message.h"

namespace reasonwatch {

// Whether a document without `choices` and `type` is one of these.
bool IsNative(const simdjson::dom::object& root);

// Reads one document; a stream is read event by event with the same function.
// Each event of SGLang holds the whole text so far, or, if the server is
// set so, the next piece only: a text that begins with all before is the
// former. TGI's stream ends with the whole text; its special tokens are no part
// of it. Nothing ends a stream of Triton.
void ReadNative(const simdjson::dom::object& root, MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_NATIVE_H_
