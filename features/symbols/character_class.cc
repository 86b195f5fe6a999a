// SPDX-License-Identifier: Apache-2.0
#include "features/symbols/character_class.h"

#include <unicode/uchar.h>
#include <unicode/uscript.h>

namespace reasonwatch {
namespace {

// True for symbols that mean something in mathematics, puzzles and prose:
// arrows and technical signs, cards, chess, dice, music, ticks and crosses,
// geometric shapes, signs of trade.
bool HasMeaning(char32_t c) {
  return c < 0x2500 || (c >= 0x25A0 && c <= 0x25FF) ||
         (c >= 0x2654 && c <= 0x2667) || (c >= 0x266D && c <= 0x266F) ||
         (c >= 0x2680 && c <= 0x2685) || c == 0x2610 || c == 0x2611 ||
         c == 0x2612 || c == 0x2640 || c == 0x2642 ||
         (c >= 0x2713 && c <= 0x2718) || (c >= 0x2776 && c <= 0x27FF) ||
         (c >= 0x2900 && c < 0xE000);
}

CharacterClass ScriptClass(char32_t c) {
  UErrorCode status = U_ZERO_ERROR;
  switch (uscript_getScript(static_cast<UChar32>(c), &status)) {
    case USCRIPT_LATIN:
      return CharacterClass::kLatin;
    case USCRIPT_GREEK:
      return CharacterClass::kGreek;
    case USCRIPT_CYRILLIC:
      return CharacterClass::kCyrillic;
    case USCRIPT_ARABIC:
      return CharacterClass::kArabic;
    case USCRIPT_HEBREW:
      return CharacterClass::kHebrew;
    case USCRIPT_DEVANAGARI:
      return CharacterClass::kDevanagari;
    case USCRIPT_BENGALI:
      return CharacterClass::kBengali;
    case USCRIPT_GUJARATI:
      return CharacterClass::kGujarati;
    case USCRIPT_GURMUKHI:
      return CharacterClass::kGurmukhi;
    case USCRIPT_TAMIL:
      return CharacterClass::kTamil;
    case USCRIPT_TELUGU:
      return CharacterClass::kTelugu;
    case USCRIPT_KANNADA:
      return CharacterClass::kKannada;
    case USCRIPT_MALAYALAM:
      return CharacterClass::kMalayalam;
    case USCRIPT_SINHALA:
      return CharacterClass::kSinhala;
    case USCRIPT_THAI:
      return CharacterClass::kThai;
    case USCRIPT_LAO:
      return CharacterClass::kLao;
    case USCRIPT_KHMER:
      return CharacterClass::kKhmer;
    case USCRIPT_MYANMAR:
      return CharacterClass::kMyanmar;
    case USCRIPT_GEORGIAN:
      return CharacterClass::kGeorgian;
    case USCRIPT_ARMENIAN:
      return CharacterClass::kArmenian;
    case USCRIPT_ETHIOPIC:
      return CharacterClass::kEthiopic;
    case USCRIPT_HAN:
      return CharacterClass::kHan;
    case USCRIPT_HIRAGANA:
    case USCRIPT_KATAKANA:
      return CharacterClass::kKana;
    case USCRIPT_HANGUL:
      return CharacterClass::kHangul;
    // Letterlike signs and mathematical alphabets belong to all scripts, so to
    // none.
    case USCRIPT_COMMON:
    case USCRIPT_INHERITED:
      return CharacterClass::kPlain;
    default:
      return CharacterClass::kOtherScript;
  }
}

CharacterClass Classify(char32_t code_point) {
  const auto c = static_cast<UChar32>(code_point);
  if (c == 0xFFFD) return CharacterClass::kGarbage;
  if (c == '\t' || c == '\n' || c == '\r') return CharacterClass::kPlain;
  switch (u_charType(c)) {
    case U_CONTROL_CHAR:
    case U_PRIVATE_USE_CHAR:
    case U_SURROGATE:
    case U_UNASSIGNED:
      return CharacterClass::kGarbage;
    case U_UPPERCASE_LETTER:
    case U_LOWERCASE_LETTER:
    case U_TITLECASE_LETTER:
    case U_MODIFIER_LETTER:
    case U_OTHER_LETTER:
      return ScriptClass(code_point);
    default:
      break;
  }
  // The box U+20E3, which turns a digit into a keycap, counts as the emoji: the
  // digits and # * have the property Emoji, but not Emoji_Presentation.
  if (c == 0x20E3 || u_hasBinaryProperty(c, UCHAR_REGIONAL_INDICATOR))
    return CharacterClass::kEmoji;
  if (u_hasBinaryProperty(c, UCHAR_EMOJI_MODIFIER))
    return CharacterClass::kPlain;
  if (u_hasBinaryProperty(c, UCHAR_EMOJI_PRESENTATION))
    return CharacterClass::kEmoji;
  if (u_charType(c) == U_OTHER_SYMBOL || u_charType(c) == U_MATH_SYMBOL) {
    if (HasMeaning(code_point)) return CharacterClass::kPlain;
    return u_hasBinaryProperty(c, UCHAR_EXTENDED_PICTOGRAPHIC)
               ? CharacterClass::kEmoji
               : CharacterClass::kDecorative;
  }
  return CharacterClass::kPlain;
}

}  // namespace

CharacterClasses::CharacterClasses() {
  for (size_t c = 0; c < kPlanes; ++c)
    table_[c] = Classify(static_cast<char32_t>(c));
  for (size_t tag = 0; tag < kTagCount; ++tag)
    table_[kPlanes + tag] = Classify(kTags + static_cast<char32_t>(tag));
}

const CharacterClasses& CharacterClasses::Get() {
  static const CharacterClasses& classes = *new CharacterClasses;
  return classes;
}

}  // namespace reasonwatch
