// The field's rubric of a reasoning trace as three cheap counts, 0 to 2 each:
// are its steps self-contained, do they connect, does the answer follow.
//
// Not a judge: it counts what can be seen without understanding, so that a
// share that shifts against the model's own healthy traffic is worth a look.
// What is counted:
//  * self-contained: steps that begin with a word that points back without
//    saying at what ("this", "it", "they", ...) or name a step that has not
//    come yet. 2 up to a quarter of the steps, 1 up to half, else 0.
//  * connected: steps that share no number and no term of four letters with
//    any step before them. 2 up to 15 % of the steps, 1 up to 40 %, else 0.
//  * follows: 2 where the stated answer stands in the last steps, 1 where it
//    stands earlier, 0 where it does not stand in the chain or contradicts it.
// Steps are the lines of the chain, or its sentences where it has fewer than
// three lines; of a long chain its first and its last kRubricWindow bytes
// count.
//
// Pure, thread-safe, bounded time.
#ifndef REASONWATCH_FEATURES_RUBRIC_RUBRIC_H_
#define REASONWATCH_FEATURES_RUBRIC_RUBRIC_H_

#include <cstddef>
#include <string_view>

#include "core/scored.h"
#include "features/answer/answer_chain.h"

namespace reasonwatch {

inline constexpr size_t kRubricWindow = 512;

struct Rubric {
  // kNoReading where there is no chain of at least three steps, or (the third)
  // no answer to compare.
  float self_contained = kNoReading;
  float connected = kNoReading;
  float follows = kNoReading;
  float low = kNoReading;  // 1 where the sum is under 4
  // The evidence behind the first two.
  int steps = 0;
  int dangling = 0;
  int unconnected = 0;
};

Rubric ReadRubric(const AnswerChain& chain);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_RUBRIC_RUBRIC_H_
