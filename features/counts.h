// SPDX-License-Identifier: Apache-2.0
// The server's token counts beside our own estimate.
//
// Pure, thread-safe; linear in the text.
#ifndef REASONWATCH_FEATURES_COUNTS_H_
#define REASONWATCH_FEATURES_COUNTS_H_

#include <cstdint>
#include <optional>

#include "core/trace.h"

namespace reasonwatch {

// Tokens by EstimateTokens(). Absent if the trace has no text; reasoning is
// absent too if its text is hidden.
struct OwnCounts {
  std::optional<int64_t> output;
  std::optional<int64_t> reasoning;
};
OwnCounts EstimateCounts(const Trace& trace);

// The server's counts against the text.
struct CountCheck {
  OwnCounts own;
  // As CountsAgree(), for each count.
  std::optional<bool> output;
  std::optional<bool> reasoning;
  std::optional<bool> all;
  // A count is to be believed as a length: it was given, and it agrees with the
  // text, or there is no text to measure instead (a server that lost the text
  // may still have counted well).
  bool output_counts = false;
  bool reasoning_counts = false;
};
CountCheck CheckCounts(const Trace& trace);

// False if no tokenizer can explain both: the server counts more tokens than
// the text has bytes, or less than a third of our estimate, or more reasoning
// than output. Some dozen tokens of difference never count, as servers count
// markers and tokens that they don't deliver. Absent if there is nothing to
// compare.
std::optional<bool> CountsAgree(const Trace& trace);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_COUNTS_H_
