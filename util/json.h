// SPDX-License-Identifier: Apache-2.0
// The one way to parse JSON text that has no padding behind it.
//
// A room that includes this links simdjson itself. Thread-safe if the parser is
// used by one thread at a time.
#ifndef REASONWATCH_UTIL_JSON_H_
#define REASONWATCH_UTIL_JSON_H_

#include <simdjson.h>

#include <string_view>

namespace reasonwatch {

// Copies `text` and parses the copy; the result lives until the parser's next
// use. Empty text is an error without a copy: simdjson would copy from the null
// pointer that an empty view may hold.
inline simdjson::simdjson_result<simdjson::dom::element> ParseJson(
    simdjson::dom::parser& parser, std::string_view text) {
  if (text.empty()) return simdjson::EMPTY;
  return parser.parse(text.data(), text.size());
}

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_JSON_H_
