// SPDX-License-Identifier: Apache-2.0
// Counts of characters: letters by script, decorative symbols, garbage.
//
// Pure, thread-safe, one linear pass. If a text proves to be no text (it has a
// run of garbage, and a sixteenth of it is garbage), counting ends at the next
// multiple of 32 KB, because the shares are known by then.
#ifndef REASONWATCH_FEATURES_SYMBOLS_SYMBOLS_H_
#define REASONWATCH_FEATURES_SYMBOLS_SYMBOLS_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "features/symbols/character_class.h"
#include "features/symbols/code_spans.h"

namespace reasonwatch {

struct CharacterCounts {
  int64_t characters = 0;
  // Letters of each script. A single Greek letter is a variable and does not
  // count.
  ClassCounts letters{};
  // Emoji, decorative characters, garbage, and runs of one sign ("!!!", "===="
  // within a line). Does not include code between fences, list bullets, rules
  // and underlines, and signs that have a meaning in mathematics, cards, chess,
  // dice or music.
  int64_t symbols = 0;
  // The text has a run that no writer makes: the same mark of punctuation eight
  // times, the same letter 24 times, four garbage characters, ... The length
  // depends on the use of the character.
  bool garbage_run = false;

  CharacterCounts& operator+=(const CharacterCounts& other);
};

// `code` are the spans of FindCodeSpans(text).
CharacterCounts CountCharacters(std::string_view text,
                                std::span<const CodeSpan> code);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_SYMBOLS_SYMBOLS_H_
