// Which language a text is written in.
//
// Pure and thread-safe (so are CLD2's detection calls: they only read static
// tables). Looks at about 190 bytes of prose from the beginning, the middle and
// the end, at 400 where those leave a doubt, so the cost does not grow with the
// text, but for one search for code fences.
#ifndef REASONWATCH_FEATURES_LANGUAGE_IDENTIFY_H_
#define REASONWATCH_FEATURES_LANGUAGE_IDENTIFY_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "features/language/languages.h"
#include "features/symbols/character_class.h"
#include "features/symbols/code_spans.h"

namespace reasonwatch {

struct IdentifiedLanguage {
  // kUnknownLanguage where the text is too short or too mixed to tell.
  uint8_t language = kUnknownLanguage;
  // Script of nearly all letters (Han also stands for kana and hangul); kPlain
  // where there are few, or several scripts.
  CharacterClass script = CharacterClass::kPlain;
};

// The language of most of the prose. Code, inline code, mathematics, tags,
// addresses, identifiers, JSON keys and, unless little else is left, quotations
// and capitalised words within a sentence do not count. A script that one
// language uses decides by itself; else frequent function words; where those do
// not settle it, CLD2 (some 20 us). Where `expected` is known, a few words that
// speak for it are enough. `code` are the spans of FindCodeSpans(text).
IdentifiedLanguage IdentifyLanguage(std::string_view text,
                                    std::span<const CodeSpan> code,
                                    uint8_t expected = kUnknownLanguage);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_IDENTIFY_H_
