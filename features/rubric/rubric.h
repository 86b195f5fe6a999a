// SPDX-License-Identifier: Apache-2.0
// The rubric by which the literature grades a reasoning trace, as three cheap
// counts of 0 to 2: are its steps self-contained, do they connect, does the
// answer follow.
//
// This is no judge: it counts signs that need no understanding. A single trace
// may be graded wrongly; a shift of the shares against the model's own healthy
// traffic is a reason to look. The counts:
//  * self-contained: counts steps that begin with a word which refers back
//  without naming anything ("this", "it", "they", ...), or that name a step
//  which has not come yet. 2 points up to a quarter of the steps, 1 up to half,
//  else 0.
//  * connected: counts steps that share no number and no term of four letters
//  with any step before them. 2 points up to 15 % of the steps, 1 up to 40 %,
//  else 0.
//  * follows: 2 points if the stated answer is in the last steps, 1 if it is
//  only in earlier ones, 0 if it is not in the chain or contradicts it.
// Steps are the lines of the chain, or its sentences if it has fewer than three
// lines. Of a long chain, the first and the last kRubricWindow bytes count.
//
// Pure, thread-safe, bounded time.
#ifndef REASONWATCH_FEATURES_RUBRIC_RUBRIC_H_
#define REASONWATCH_FEATURES_RUBRIC_RUBRIC_H_

#include <cstddef>
#include <string_view>

#include "answers/chain.h"
#include "core/feature.h"

namespace reasonwatch {

// Bytes at each end of a chain. Bounds the cost for each response.
inline constexpr size_t kRubricWindow = 512;

struct Rubric {
  // kNoReading if the chain has fewer than three steps; `follows` also if there
  // is no answer to compare.
  float self_contained = kNoReading;
  float connected = kNoReading;
  float follows = kNoReading;
  float low = kNoReading;  // 1 if the sum is under 4, else 0
  // Counts behind the first two.
  int steps = 0;
  int dangling = 0;
  int unconnected = 0;
};

Rubric ReadRubric(const AnswerChain& chain);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_RUBRIC_RUBRIC_H_
