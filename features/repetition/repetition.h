// SPDX-License-Identifier: Apache-2.0
// Text that repeats itself.
//
// Pure, thread-safe. Reads only the last 24 KB of a text, and of those the last
// 4,096 units (words; in scripts that write without spaces, characters), so the
// cost is bounded, and it is linear for any text. A cheap first pass excludes
// loops in nearly every text, and then no search is made.
#ifndef REASONWATCH_FEATURES_REPETITION_REPETITION_H_
#define REASONWATCH_FEATURES_REPETITION_REPETITION_H_

#include <cstddef>
#include <string_view>

namespace reasonwatch {

struct Repetition {
  // The text ends in at least three copies of the same units, word for word, of
  // 40 units or more in all; of 400 if no unit has a letter, as in a table of
  // zeros. Found by the Z-function of the reversed text (Gusfield 1997). vLLM
  // stops a response by the same idea (3 copies of 4 to 128 tokens); this test
  // also finds longer copies, and a single repeated word.
  bool exact_period = false;
  // 0 to 1: the largest share, over windows of 128 units, of runs of eight
  // units that occurred at least twice before. Copies that differ in places
  // count as far as they agree. Tables, list markers and short texts (under 40
  // units) do not count; neither does a calculation that is checked once,
  // because it occurs twice and not three times. 0 if the share cannot reach
  // kLoopRecurrence.
  double recurrence = 0;
  // The same word, 16 times in a row.
  bool same_word = false;
  // Units, and those of them that equal the one before and have a letter. In
  // scripts without spaces such pairs are common words.
  size_t units = 0;
  size_t doubled = 0;
  // The text is one shorter text twice: from one of its units on, in the middle
  // third of them, it is as from its beginning.
  bool twice = false;
};

Repetition FindRepetition(std::string_view text);

// A text of at least this recurrence counts as a loop. Enumerations, tables and
// code in tests/features/repetition_test.cc stay below it.
inline constexpr double kLoopRecurrence = .5;

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_REPETITION_REPETITION_H_
