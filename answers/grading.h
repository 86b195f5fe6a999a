// SPDX-License-Identifier: Apache-2.0
// Grading: is this answer the gold answer?
//
// It abstains (kUngradable) rather than guess. Pure, thread-safe, bounded
// time and memory for any input.
#ifndef REASONWATCH_ANSWERS_GRADING_H_
#define REASONWATCH_ANSWERS_GRADING_H_

#include <string>
#include <string_view>

#include "core/grade.h"
#include "core/problem.h"

namespace reasonwatch {

// Grades `answer`, which may be a bare answer or a whole response, against
// `gold`. kUnknown picks the kind from
// the gold and the answer together. kUngradable: no answer of that
// kind could be found, or the gold itself can't be read; it is never counted
// as wrong. kNoAnswer: the answer is empty. kRefused: it declines to answer,
// and marks no answer.
Grade GradeAnswer(AnswerKind kind, std::string_view gold,
                  std::string_view answer);

// The final answer inside a whole response: boxed, tagged, "the answer is",
// a JSON "answer" field, [Yes]/[No], else the last number, letter or line that
// fits the kind. Empty if there is none.
std::string ExtractFinalAnswer(AnswerKind kind, std::string_view response);

// "boolean", "number", "math", "choice", "text"; kUnknown for anything else.
AnswerKind ParseAnswerKind(std::string_view name);
std::string_view AnswerKindName(AnswerKind kind);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_GRADING_H_
