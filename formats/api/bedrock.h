// SPDX-License-Identifier: Apache-2.0
// Bedrock's Converse and ConverseStream.
#ifndef REASONWATCH_FORMATS_API_BEDROCK_H_
#define REASONWATCH_FORMATS_API_BEDROCK_H_

#include <simdjson.h>

#include "formats/api/message.h"

namespace reasonwatch {

// Whether a document without `choices` and `type` is one of Converse's: the
// response, or an event, in an object of its name or bare.
bool IsBedrock(const simdjson::dom::object& root);

// Reads the response or one event of a stream. Blocks are parted by blank
// lines; a redacted one, or one with a signature only, is hidden reasoning.
void ReadBedrock(const simdjson::dom::object& root, MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_BEDROCK_H_
