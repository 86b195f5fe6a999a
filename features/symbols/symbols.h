// Counts of characters: letters by script, decorative symbols, garbage.
//
// Pure, thread-safe, one linear pass. What turns out to be no text, by a run of
// garbage and a sixteenth of it in all, is read no further than the next 32 KB:
// the shares are known by then.
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
  // Letters of each script. A single Greek letter stands for a variable and is
  // not counted.
  ClassCounts letters{};
  // Emoji, decorative characters, characters of U+FFFD's kind, and runs of one
  // sign ("!!!", "====" in a line of text). Not counted: code between fences,
  // list bullets, rules and underlines, and what has a meaning in mathematics,
  // cards, chess, dice or music.
  int64_t symbols = 0;
  // A run that no writer makes: eight times the same sign of punctuation, 24
  // times the same letter, four characters of U+FFFD's kind, ... How long it
  // must be depends on what the character is used for.
  bool garbage_run = false;

  CharacterCounts& operator+=(const CharacterCounts& other);
};

// `code` are the spans of FindCodeSpans(text).
CharacterCounts CountCharacters(std::string_view text,
                                std::span<const CodeSpan> code);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_SYMBOLS_SYMBOLS_H_
