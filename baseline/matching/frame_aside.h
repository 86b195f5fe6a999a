// SPDX-License-Identifier: Apache-2.0
// Sentences beside a problem that ask for nothing, whatever words they use: who
// writes and why ("I have an exam tomorrow"), how much time there is, and the
// manner of the answer ("think like a mathematician").
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_ASIDE_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_ASIDE_H_

#include <string_view>

#include "baseline/matching/frame_sentence.h"

namespace reasonwatch {

// False where the sentence may add to the problem, change its answer or ask for
// something else: then it is unsure. English only; of other languages it knows
// nothing.
bool IsAside(const FrameSentence& sentence, std::string_view problem);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_ASIDE_H_
