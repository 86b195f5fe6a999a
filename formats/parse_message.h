// SPDX-License-Identifier: Apache-2.0
// The last step of ParseResponse(), for who reads a body as it comes.
#ifndef REASONWATCH_FORMATS_PARSE_MESSAGE_H_
#define REASONWATCH_FORMATS_PARSE_MESSAGE_H_

#include <string_view>

#include "core/response.h"
#include "core/trace.h"
#include "formats/api/message.h"
#include "formats/formats.h"

namespace reasonwatch {

// `message`, read by a BodyReader, as a Trace; `response` fills in the fields
// that it does not state, and its own texts are not looked at. Pure;
// thread-safe.
Trace ParseMessage(ApiMessage message, const Response& response,
                   const FormatPolicy& policy);
// The same with the name of a format, or "auto".
Trace ParseMessage(ApiMessage message, const Response& response,
                   std::string_view format);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_PARSE_MESSAGE_H_
