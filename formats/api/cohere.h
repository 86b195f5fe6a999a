// SPDX-License-Identifier: Apache-2.0
// Cohere's own API, version 2: /v2/chat, the response and its events.
#ifndef REASONWATCH_FORMATS_API_COHERE_H_
#define REASONWATCH_FORMATS_API_COHERE_H_

#include <simdjson.h>

#include <string_view>

#include "formats/api/message.h"

namespace reasonwatch {

// Whether the document is one of this API's: the response, or an event, whose
// `type` has words parted by hyphens.
bool IsCohere(const simdjson::dom::object& root, std::string_view type);

// Reads the response or one event of a stream. The plan of a tool call is
// reasoning.
void ReadCohere(const simdjson::dom::object& root, std::string_view type,
                MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_COHERE_H_
