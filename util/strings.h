// SPDX-License-Identifier: Apache-2.0
// Bridges and digests of strings.
#ifndef REASONWATCH_UTIL_STRINGS_H_
#define REASONWATCH_UTIL_STRINGS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/string_view.h"

namespace reasonwatch {

// Debian's absl::string_view is a type of its own and does not convert.
inline absl::string_view AbslView(std::string_view s) {
  return absl::string_view(s.data(), s.size());
}
inline std::string_view StdView(absl::string_view s) {
  return std::string_view(s.data(), s.size());
}

// XXH3 of the bytes; stable across machines, versions and restarts, so it may
// be stored. Never 0, so that 0 can mean "none".
uint64_t StableHash(std::string_view bytes, uint64_t seed = 0);

// `text` (UTF-8) as a JSON string with its quotes, for the layers that write a
// request or two and no more.
std::string JsonString(std::string_view text);

// Bytes of the well-formed character at the start of `text` (not empty), or 0
// and in `skip` the length of the ill-formed part (Unicode 15, table 3-7: no
// overlong forms, no surrogates, nothing over U+10FFFF).
size_t Utf8CharacterLength(std::string_view text, size_t& skip);

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_STRINGS_H_
