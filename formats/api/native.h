// Servers' own APIs for raw text: llama.cpp's /completion, SGLang's /generate.
#ifndef REASONWATCH_FORMATS_API_NATIVE_H_
#define REASONWATCH_FORMATS_API_NATIVE_H_

#include <simdjson.h>

#include "formats/api/message.h"

namespace reasonwatch {

// Whether a document without `choices` and `type` is one of these.
bool IsNative(const simdjson::dom::object& root);

// Reads one document; a stream is read event by event with the same function.
// Each event of SGLang says the whole text so far, or, where the server was
// told so, the next piece only: what begins with all that came is the former.
void ReadNative(const simdjson::dom::object& root, MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_NATIVE_H_
