// SPDX-License-Identifier: Apache-2.0
// Cuts of UTF-8 that leave no half character behind.
//
// Pure, thread-safe, constant time on well-formed text. Utf8CharacterLength()
// in util/strings.h reads one character.
#ifndef REASONWATCH_UTIL_UTF8_H_
#define REASONWATCH_UTIL_UTF8_H_

#include <cstddef>
#include <string_view>

namespace reasonwatch::utf8 {

// A byte within a character, not its first.
constexpr bool IsContinuation(char c) { return (c & '\xC0') == '\x80'; }

// The first `bytes` of `text`, less those of a character that the cut halves.
constexpr std::string_view Head(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  while (bytes > 0 && IsContinuation(text[bytes])) --bytes;
  return text.substr(0, bytes);
}

// The last `bytes` of `text`, less those of a character that the cut halves.
constexpr std::string_view Tail(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return text;
  size_t begin = text.size() - bytes;
  while (begin < text.size() && IsContinuation(text[begin])) ++begin;
  return text.substr(begin);
}

}  // namespace reasonwatch::utf8

#endif  // REASONWATCH_UTIL_UTF8_H_
