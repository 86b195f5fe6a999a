// Words of a text, hashed for a look-up in a table.
#ifndef REASONWATCH_FEATURES_LANGUAGE_WORDS_H_
#define REASONWATCH_FEATURES_LANGUAGE_WORDS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "features/load.h"

namespace reasonwatch {

inline bool IsAsciiUpper(char c) { return c >= 'A' && c <= 'Z'; }
inline bool IsAsciiAlpha(char c) {
  return (c >= 'a' && c <= 'z') || IsAsciiUpper(c);
}

// Hash of a word with its ASCII letters in lower case. For tables that are
// made in the same process; not stable.
inline uint64_t WordHash(std::string_view word) {
  uint64_t hash = word.size();
  for (size_t i = 0; i < word.size(); i += 8) {
    uint64_t part = LoadUpTo8(word.data() + i, word.size() - i);
    // Bit 5 of what is ASCII: letters in lower case; digits have it already.
    part |= (~part & 0x8080808080808080) >> 2;
    hash = (hash ^ part) * 0x9E3779B97F4A7C15;
    hash ^= hash >> 32;
  }
  return hash;
}

// ASCII that is part of a word.
inline constexpr auto kIsWordByte = [] {
  std::array<bool, 128> word{};
  for (size_t c = 0; c < word.size(); ++c)
    word[c] = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
              (c >= '0' && c <= '9') || c == '\'' || c == '-' || c == '_';
  return word;
}();

// Bytes of a separator at `at`, 0 where a word stands: ASCII that is no
// letter, digit, apostrophe or hyphen, and the punctuation of Unicode's
// U+2000 to U+206F, U+3000 to U+303F and U+FF00 to U+FF0F.
inline size_t SeparatorAt(std::string_view text, size_t at) {
  const auto c = static_cast<unsigned char>(text.data()[at]);
  if (c < 0x80) return kIsWordByte.data()[c] ? 0 : 1;
  if (at + 3 > text.size()) return 0;
  const auto second = static_cast<unsigned char>(text[at + 1]);
  if ((c == 0xE2 && (second == 0x80 || second == 0x81)) ||
      (c == 0xE3 && second == 0x80) || (c == 0xEF && second == 0xBC))
    return 3;
  // Guillemets, inverted marks, no-break space.
  if (c == 0xC2) return 2;
  return 0;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_WORDS_H_
