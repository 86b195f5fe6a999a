// SPDX-License-Identifier: Apache-2.0
// The class of a code point: a letter of a certain script, or a kind of symbol.
// From ICU's properties, in a table.
//
// Thread-safe. The table is built at the first call, in a few milliseconds.
#ifndef REASONWATCH_FEATURES_SYMBOLS_CHARACTER_CLASS_H_
#define REASONWATCH_FEATURES_SYMBOLS_CHARACTER_CLASS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace reasonwatch {

enum class CharacterClass : uint8_t {
  kPlain,  // punctuation, digits, marks, mathematics, spaces
  // Letters.
  kLatin,
  kGreek,
  kCyrillic,
  kArabic,
  kHebrew,
  kDevanagari,
  kBengali,
  kGujarati,
  kGurmukhi,
  kTamil,
  kTelugu,
  kKannada,
  kMalayalam,
  kSinhala,
  kThai,
  kLao,
  kKhmer,
  kMyanmar,
  kGeorgian,
  kArmenian,
  kEthiopic,
  kHan,
  kKana,
  kHangul,
  kOtherScript,
  // Symbols.
  kEmoji,       // shown as a picture
  kDecorative,  // stars, dingbats, box drawing, blocks
  kGarbage,     // U+FFFD, private use, unassigned, control
  kCount
};
inline constexpr size_t kCharacterClassCount =
    static_cast<size_t>(CharacterClass::kCount);

inline bool IsLetter(CharacterClass c) {
  return c >= CharacterClass::kLatin && c <= CharacterClass::kOtherScript;
}
inline bool IsSymbol(CharacterClass c) { return c >= CharacterClass::kEmoji; }

// The class of every code point, in a table of 260 KB.
class CharacterClasses {
 public:
  static const CharacterClasses& Get();
  // Accepts any number; a value outside Unicode is garbage.
  CharacterClass operator[](char32_t code_point) const {
    if (code_point < kPlanes) return table_[code_point];
    return code_point - kTags < kTagCount
               ? table_[kPlanes + (code_point - kTags)]
               : CharacterClass::kGarbage;
  }

 private:
  CharacterClasses();
  // Planes 0 to 3, and the tags and variation selectors of plane 14. The
  // others are unassigned or for private use.
  static constexpr size_t kPlanes = 0x40000;
  static constexpr char32_t kTags = 0xE0000;  // first code point of plane 14
  static constexpr size_t kTagCount = 0x200;  // up to the last selector
  std::array<CharacterClass, kPlanes + kTagCount> table_;
};

inline CharacterClass ClassOf(char32_t code_point) {
  return CharacterClasses::Get()[code_point];
}

// For a byte with which a character begins: the bytes of the character and the
// range of its second byte, which excludes overlong forms, surrogates and code
// points over U+10FFFF (Unicode 15, table 3-7).
struct Utf8Lead {
  uint8_t length = 1;
  uint8_t second_low = 1;
  uint8_t second_high = 0;
  uint8_t bits = 0;  // mask of its part of the code point; 0 = not a lead
};
inline constexpr auto kUtf8Leads = [] {
  std::array<Utf8Lead, 256> leads{};
  for (size_t byte = 0; byte < 0x80; ++byte) leads[byte].bits = 0x7F;
  for (size_t byte = 0xC2; byte <= 0xDF; ++byte)
    leads[byte] = {2, 0x80, 0xBF, 0x1F};
  for (size_t byte = 0xE0; byte <= 0xEF; ++byte)
    leads[byte] = {3, 0x80, 0xBF, 0x0F};
  for (size_t byte = 0xF0; byte <= 0xF4; ++byte)
    leads[byte] = {4, 0x80, 0xBF, 0x07};
  leads[0xE0].second_low = 0xA0;
  leads[0xED].second_high = 0x9F;
  leads[0xF0].second_low = 0x90;
  leads[0xF4].second_high = 0x8F;
  return leads;
}();

// A character and its bytes. Ill-formed bytes give U+FFFD, one for each of
// Unicode's maximal subparts.
struct Character {
  char32_t code_point = 0;
  size_t size = 1;
};
inline Character CharacterAt(std::string_view text, size_t at) {
  uint32_t bytes = 0;
  const size_t left = text.size() - at;
  if (left >= 4) {
    std::memcpy(&bytes, text.data() + at, 4);
  } else {
    for (size_t i = 0; i < left; ++i)
      bytes |= uint32_t{static_cast<unsigned char>(text[at + i])} << 8 * i;
  }
  const uint32_t first = bytes & 0xFF;
  const uint32_t second = bytes >> 8 & 0xFF;
  // Fast paths for most characters outside ASCII: of three bytes, and of two.
  if (first > 0xE0 && first < 0xED && (bytes & 0xC0C000) == 0x808000)
    return {(first & 0x0F) << 12 | (second & 0x3F) << 6 | (bytes >> 16 & 0x3F),
            3};
  if (first >= 0xC2 && (bytes & 0xC0E0) == 0x80C0)
    return {(first & 0x1F) << 6 | (second & 0x3F), 2};
  // No branches on the bytes: in random bytes none would be predicted.
  const Utf8Lead& lead = kUtf8Leads.data()[first];
  const uint32_t good_second =
      (second >= lead.second_low) & (second <= lead.second_high);
  const uint32_t good_third = good_second & ((bytes & 0xC00000) == 0x800000);
  const uint32_t good_fourth =
      good_third & ((bytes & 0xC0000000) == 0x80000000);
  const uint32_t good = 1 + good_second + good_third + good_fourth;
  const uint32_t length = lead.length;
  const uint32_t size = good < length ? good : length;
  const uint32_t joined = (first & lead.bits) << 18 | (second & 0x3F) << 12 |
                          (bytes >> 16 & 0x3F) << 6 | (bytes >> 24 & 0x3F);
  const bool well_formed = (good >= length) & (lead.bits != 0);
  const uint32_t whole = -uint32_t{well_formed};
  return {(joined >> 6 * (4 - length) & whole) | (0xFFFD & ~whole), size};
}

// Occurrences of each class.
using ClassCounts = std::array<int64_t, kCharacterClassCount>;

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_SYMBOLS_CHARACTER_CLASS_H_
