// SPDX-License-Identifier: Apache-2.0
// Remarks beside a problem that change nothing about it: fragments without a
// subject ("moving on", "sorry for the easy question"), rules of an exam, and
// how sure, how polite or for whom the answer is to be.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_REMARK_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_REMARK_H_

#include <string_view>

#include "baseline/matching/frame_sentence.h"

namespace reasonwatch {

// "This question has exactly one correct answer", "give your best guess",
// "round 1, question 5": known as a whole, whatever its words say elsewhere.
bool IsKnownRemark(const FrameSentence& sentence);

// "My boss wants this by noon", "been stuck on this for hours". False where it
// may want a text, add to the problem, or give its answer.
bool IsRemark(const FrameSentence& sentence, std::string_view problem);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_REMARK_H_
