// SPDX-License-Identifier: Apache-2.0
// The languages that the product distinguishes, as small codes.
#ifndef REASONWATCH_FEATURES_LANGUAGE_LANGUAGES_H_
#define REASONWATCH_FEATURES_LANGUAGE_LANGUAGES_H_

#include <cstdint>
#include <string_view>

#include "features/symbols/character_class.h"

namespace reasonwatch {

// Code 0 of the list, so that a field that nobody fills means "unknown".
inline constexpr uint8_t kUnknownLanguage = 0;

// Returns the code of a BCP 47 tag ("de", "pt-BR", "zh_Hant") by its primary
// subtag; kUnknownLanguage if it is not in the list. Codes are stored, so the
// code of a language never changes.
uint8_t LanguageFromTag(std::string_view tag);

// Returns the ISO 639-1 (or -3) code; "" for kUnknownLanguage.
std::string_view LanguageTag(uint8_t language);

// True if a short text does not distinguish these two: they are the same, or so
// closely related that a detector confuses them (Danish and Norwegian, Malay
// and Indonesian, Serbian and Croatian, ...).
bool Confusable(uint8_t a, uint8_t b);

// True if the language is usually written in `script`, and for
// kUnknownLanguage.
bool IsWrittenIn(uint8_t language, CharacterClass script);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_LANGUAGES_H_
