// SPDX-License-Identifier: Apache-2.0
// The language in which a text is written.
//
// Pure and thread-safe (so are CLD2's detection calls: they only read static
// tables). Reads about 190 bytes of prose from the beginning, the middle and
// the end, and 400 if those leave a doubt; so the cost does not grow with the
// text, except for one search for code fences.
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
  // kUnknownLanguage if the text is too short or too mixed.
  uint8_t language = kUnknownLanguage;
  // Script of nearly all letters (kHan includes kana and hangul); kPlain if
  // there are few letters, or several scripts.
  CharacterClass script = CharacterClass::kPlain;
};

// Returns the language of most of the prose. Code, inline code, mathematics,
// tags, addresses, identifiers and JSON keys do not count; neither do
// quotations and capitalised words within a sentence, unless little else is
// left. A script that only one language uses decides by itself; else frequent
// function words decide; if those leave a doubt, CLD2 does (some 20 us). If
// `expected` is known, a few words in its favour are enough. `code` are the
// spans of FindCodeSpans(text).
IdentifiedLanguage IdentifyLanguage(std::string_view text,
                                    std::span<const CodeSpan> code,
                                    uint8_t expected = kUnknownLanguage);

// The same from the first, small sample alone: unknown if it leaves a doubt.
// Never asks CLD2, so it costs under a microsecond.
IdentifiedLanguage GlanceAtLanguage(std::string_view text,
                                    std::span<const CodeSpan> code);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_IDENTIFY_H_
