// SPDX-License-Identifier: Apache-2.0
// `reasonwatch baseline match`: which problem of a baseline a prompt asks.
#ifndef REASONWATCH_DAEMON_RECORDINGS_MATCH_LINES_H_
#define REASONWATCH_DAEMON_RECORDINGS_MATCH_LINES_H_

#include <cstdint>
#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace reasonwatch {

struct MatchCounts {
  int64_t problems = 0;  // of the baseline, found by their text
  int64_t rows = 0;
  int64_t exact = 0;
  int64_t near = 0;
  int64_t bad_lines = 0;
};

// Copies every JSON object of `in` (one a line: prompt or messages) to `out`
// with "match" (exact, near, none), "problem_id" and "distance" added. The
// baseline is a file of recorded responses, of which those with a problem
// count. A bad line is named on `errors` with its number, counted and skipped.
// NotFound if the baseline can't be read, InvalidArgument if it or `in` holds
// no usable row, Internal if `out` can't be written.
absl::Status RunBaselineMatch(const std::string& baseline, std::istream& in,
                              std::ostream& out, std::ostream& errors,
                              MatchCounts* counts);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_MATCH_LINES_H_
