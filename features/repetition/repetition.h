// Text that goes round in circles.
//
// Pure, thread-safe. Only the last 24 KB of a text are read, and of those the
// last 4,096 units (words; characters of scripts that write without spaces), so
// the cost is bounded; it is linear whatever the text is. Where no loop can be,
// as in nearly every text, none is looked for.
#ifndef REASONWATCH_FEATURES_REPETITION_REPETITION_H_
#define REASONWATCH_FEATURES_REPETITION_REPETITION_H_

#include <string_view>

namespace reasonwatch {

struct Repetition {
  // The text ends in at least three copies of the same units, word for word,
  // 40 units or more in all; 400 where no unit has a letter, as in a table of
  // zeros. Found by the Z-function of the reversed text (Gusfield 1997). What
  // vLLM stops at (3 copies of 4 to 128 tokens) is the same idea; this also
  // finds longer copies, and a single repeated word.
  bool exact_period = false;
  // The largest share, over windows of 128 units, of runs of eight units that
  // stood twice in the text already; 0 to 1. Copies with changes between them
  // count as far as they agree. Tables, list markers and short texts (under 40
  // units) do not count. A calculation that is checked again stands twice, not
  // three times. 0 where it can't come to kLoopRecurrence.
  double recurrence = 0;
  // One and the same word, 16 times in a row.
  bool same_word = false;
};

Repetition FindRepetition(std::string_view text);

// From this recurrence on a text is taken for a loop.
inline constexpr double kLoopRecurrence = .5;

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_REPETITION_REPETITION_H_
