// The languages that are told apart, as small codes.
#ifndef REASONWATCH_FEATURES_LANGUAGE_LANGUAGES_H_
#define REASONWATCH_FEATURES_LANGUAGE_LANGUAGES_H_

#include <cstdint>
#include <string_view>

#include "features/symbols/character_class.h"

namespace reasonwatch {

inline constexpr uint8_t kUnknownLanguage = 0;

// The code of a BCP 47 tag ("de", "pt-BR", "zh_Hant"), by its primary subtag;
// kUnknownLanguage if it is none of ours. Codes are stored; none is ever given
// to another language.
uint8_t LanguageFromTag(std::string_view tag);

// ISO 639-1 (or -3) code; "" for kUnknownLanguage.
std::string_view LanguageTag(uint8_t language);

// A short text can't tell these two apart: the same, or so closely related
// that a detector takes one for the other (Danish and Norwegian, Malay and
// Indonesian, Serbian and Croatian, ...).
bool Confusable(uint8_t a, uint8_t b);

// Is `script` one in which the language is usually written? True for
// kUnknownLanguage.
bool IsWrittenIn(uint8_t language, CharacterClass script);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_LANGUAGES_H_
