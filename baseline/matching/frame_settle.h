// SPDX-License-Identifier: Apache-2.0
// Words of a sentence whose kind depends on their neighbours.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_SETTLE_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_SETTLE_H_

#include <vector>

#include "baseline/matching/frame_sentence.h"

namespace reasonwatch {

// "Step by step" in any language is the way of working, "check" before "your"
// is about the answer, "efficiently" is the manner: sets the kinds so.
void SettleWords(std::vector<SentenceWord>& words);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_SETTLE_H_
