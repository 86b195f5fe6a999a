// SPDX-License-Identifier: Apache-2.0
// Sentences about the task of answering: each clause is an order to answer, to
// show the work or to keep a form, or speaks of the writer, the reader or the
// answer's form, whatever its other words are.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_TASK_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_TASK_H_

#include <string_view>

#include "baseline/matching/frame_sentence.h"

namespace reasonwatch {

// "Answer the question below as accurately as possible", "write a response that
// completes the request", "kan du lösa den här uppgiften?". False where a
// clause may ask for another text, change the answer, or state a premise.
bool ServesTheTask(const FrameSentence& sentence, std::string_view problem);

// A key of JSON, or a form's slot behind the problem ("Output:").
bool IsSlot(const FrameSentence& sentence);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_TASK_H_
