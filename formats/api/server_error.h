// SPDX-License-Identifier: Apache-2.0
// Errors that a server reports inside a body, in every shape.
#ifndef REASONWATCH_FORMATS_API_SERVER_ERROR_H_
#define REASONWATCH_FORMATS_API_SERVER_ERROR_H_

#include <simdjson.h>

#include <string_view>

#include "formats/api/message.h"

namespace reasonwatch {

// Reads an error beside or instead of a message: `error` in any shape, or a
// document of the type "error".
void ReadServerError(const simdjson::dom::object& root, std::string_view type,
                     MessageBuilder& builder);

// The same in a document of no known API, whose shape alone says that it is an
// error: a code and a message, `detail`, `errors`, the name of an exception.
// Returns whether it is.
bool ReadBareError(const simdjson::dom::object& root, MessageBuilder& builder);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_SERVER_ERROR_H_
