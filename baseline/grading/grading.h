// Is this answer the gold answer?
//
// Pure, thread-safe, bounded time and memory for any input.
#ifndef REASONWATCH_BASELINE_GRADING_GRADING_H_
#define REASONWATCH_BASELINE_GRADING_GRADING_H_

#include <string>
#include <string_view>

#include "core/response.h"
#include "core/scored.h"

namespace reasonwatch {

// Grades `answer`, which may be a bare answer or a whole response, against
// `gold`. kUnknown picks the kind from the gold. kUngradable: no answer of that
// kind could be found, or the gold itself can't be read; it is never counted
// as wrong.
Grade GradeAnswer(AnswerKind kind, std::string_view gold,
                  std::string_view answer);

// The final answer inside a whole response: boxed, tagged, "the answer is",
// a JSON "answer" field, [Yes]/[No], else the last number, letter or line that
// fits the kind. Empty when there is none.
std::string ExtractFinalAnswer(AnswerKind kind, std::string_view response);

// "boolean", "number", "math", "choice", "text"; kUnknown for anything else.
AnswerKind ParseAnswerKind(std::string_view name);
std::string_view AnswerKindName(AnswerKind kind);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_GRADING_GRADING_H_
