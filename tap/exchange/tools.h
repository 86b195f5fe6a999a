// SPDX-License-Identifier: Apache-2.0
// The tools and the form of the answer that a request offers, in the form of
// OpenAI's chat API.
//
// Pure; thread-safe.
#ifndef REASONWATCH_TAP_EXCHANGE_TOOLS_H_
#define REASONWATCH_TAP_EXCHANGE_TOOLS_H_

#include <simdjson.h>

#include "core/response.h"

namespace reasonwatch {

// Sets `tools_json`: [{"type": "function", "function": {"name", "parameters"}}]
// with more keys as the client gave them. Tools that a server brings itself,
// such as a web search, are kept as they came.
void ReadTools(const simdjson::dom::object& body, Response& r);

// Sets `response_format_json`: {"type": "text" | "json_object"} or {"type":
// "json_schema", "json_schema": {"schema"}}, with more keys as they came.
// Grammars and regular expressions are left out.
void ReadResponseFormat(const simdjson::dom::object& body, Response& r);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_TOOLS_H_
