// SPDX-License-Identifier: Apache-2.0
// Words of a text, hashed for a search in a table.
#ifndef REASONWATCH_FEATURES_LANGUAGE_WORDS_H_
#define REASONWATCH_FEATURES_LANGUAGE_WORDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "util/ascii.h"
#include "util/load.h"

namespace reasonwatch {

// Returns the hash of a word with its ASCII letters in lower case. For tables
// that are built in the same process: not stable across versions.
inline uint64_t WordHash(std::string_view word) {
  uint64_t hash = word.size();
  for (size_t i = 0; i < word.size(); i += 8) {
    uint64_t part = LoadUpTo8(word.data() + i, word.size() - i);
    // Set bit 5 of each ASCII byte: it makes letters lower-case, and digits
    // have it already.
    part |= (~part & 0x8080808080808080) >> 2;
    hash = (hash ^ part) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash;
}

// ASCII characters that are part of a word.
inline constexpr auto kIsWordByte = [] {
  std::array<bool, 128> word{};
  for (size_t c = 0; c < word.size(); ++c)
    word[c] = ascii::IsAlnum(static_cast<char>(c)) || c == '\'' || c == '-' ||
              c == '_';
  return word;
}();

// Returns the bytes of the separator at `at`, 0 if a word is there. Separators
// are ASCII other than letters, digits, apostrophe, hyphen and low line, and
// the punctuation of Unicode: U+2000 to U+207F, U+3000 to U+303F, U+FF00 to
// U+FF3F, and the signs of Latin-1.
inline size_t SeparatorAt(std::string_view text, size_t at) {
  const auto c = static_cast<unsigned char>(text.data()[at]);
  if (c < 0x80) return kIsWordByte.data()[c] ? 0 : 1;
  if (at + 3 > text.size()) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if ((c == 0xE2 && (second == 0x80 || second == 0x81)) ||
      (c == 0xE3 && second == 0x80) || (c == 0xEF && second == 0xBC))
    return 3;
  // U+0080 to U+00BF: guillemets, inverted marks, no-break space.
  if (c == 0xC2) return 2;
  return 0;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_WORDS_H_
