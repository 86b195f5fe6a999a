// SPDX-License-Identifier: Apache-2.0
// `reasonwatch grade`: grades recorded answers.
#ifndef REASONWATCH_DAEMON_RECORDINGS_GRADE_LINES_H_
#define REASONWATCH_DAEMON_RECORDINGS_GRADE_LINES_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <ostream>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "core/grade.h"
#include "core/problem.h"

namespace reasonwatch {

struct GradeCounts {
  int64_t graded = 0;
  int64_t bad_lines = 0;
};

// Grades an answer: id of the problem ("" = none), kind, gold, answer.
using GradeFunction = std::function<absl::StatusOr<Grade>(
    std::string_view, AnswerKind, std::string_view, std::string_view)>;

// Copies every JSON object of `in` (one a line: gold, answer, answer_kind?,
// id?) to `out` with "grade" added ("correct", "incorrect" or "ungradable", the
// last with "reason": "no_answer" or "refused" if that is why), by the built-in
// grader or `grader`; if
// that fails the row is a bad line. A bad line is named on `errors` with its
// number, counted and skipped; so is one over 16 MiB. InvalidArgument if no
// line was usable, Internal if `out` can't be written.
absl::Status RunGrade(std::istream& in, std::ostream& out, std::ostream& errors,
                      GradeCounts* counts, const GradeFunction& grader = {});

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_GRADE_LINES_H_
