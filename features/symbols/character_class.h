// What kind of character a code point is: a letter of which script, or a
// symbol. From ICU's properties, looked up in a table.
//
// Thread-safe; the table is made at the first call (a few milliseconds).
#ifndef REASONWATCH_FEATURES_SYMBOLS_CHARACTER_CLASS_H_
#define REASONWATCH_FEATURES_SYMBOLS_CHARACTER_CLASS_H_

#include <array>
#include <cstddef>
#include <cstdint>
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

CharacterClass ClassOf(char32_t code_point);

// The character at `at` and the bytes it takes; ill-formed bytes are U+FFFD.
struct Character {
  char32_t code_point = 0;
  size_t size = 1;
};
Character CharacterAt(std::string_view text, size_t at);

// How often each class occurs.
using ClassCounts = std::array<int64_t, kCharacterClassCount>;

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_SYMBOLS_CHARACTER_CLASS_H_
