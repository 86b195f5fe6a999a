// `reasonwatch grade`: grades recorded answers.
#ifndef REASONWATCH_DAEMON_COMMANDS_GRADE_H_
#define REASONWATCH_DAEMON_COMMANDS_GRADE_H_

#include <cstdint>
#include <istream>
#include <ostream>

#include "absl/status/status.h"

namespace reasonwatch {

struct GradeCounts {
  int64_t graded = 0;
  int64_t bad_lines = 0;
};

// Copies every JSON object of `in` (one a line: gold, answer, answer_kind?) to
// `out` with "grade" added. A bad line is named on `errors` with its number,
// counted and skipped; so is one over 16 MiB. InvalidArgument where no line was
// usable, DataLoss where `out` can't be written.
absl::Status RunGrade(std::istream& in, std::ostream& out, std::ostream& errors,
                      GradeCounts* counts);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_GRADE_H_
