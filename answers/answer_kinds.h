// SPDX-License-Identifier: Apache-2.0
// The kind of an answer, if nobody names it.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_ANSWER_KINDS_H_
#define REASONWATCH_ANSWERS_ANSWER_KINDS_H_

#include <string>
#include <string_view>

#include "answers/answer_text.h"
#include "core/problem.h"

namespace reasonwatch {

// By the looks of the gold answer, and of the answer where that leaves it open.
AnswerKind InferKind(std::string_view gold, const AnswerText& answer);

// The name of the option that a gold answer is; "" if it is none.
std::string OptionOf(std::string_view gold);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_ANSWER_KINDS_H_
