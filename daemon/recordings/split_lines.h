// SPDX-License-Identifier: Apache-2.0
// `reasonwatch split`: reasoning and answer of recorded texts.
#ifndef REASONWATCH_DAEMON_RECORDINGS_SPLIT_LINES_H_
#define REASONWATCH_DAEMON_RECORDINGS_SPLIT_LINES_H_

#include <functional>
#include <istream>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "formats/formats.h"

namespace reasonwatch {

// Reads JSON objects, one a line: {"format", "text", "model"?, "thinking"?,
// "streaming"?, ...}. Writes each with "reasoning" (null = none), "content",
// "format" and "state" (see docs/formats.md) set. `policy_of` returns the
// formats to look for in a text of the model; a "format" that is not auto
// replaces the policy's.
// "streaming": the text is also fed in every split into two
// pieces (in 4,096 evenly spaced ones if it is over 16 KiB).
//
// A bad line is reported to `diagnostics` with its number, counted and
// skipped. InvalidArgument: there were lines and none was usable. Internal: a
// streamed text gave another result than the whole one. Also Internal: `out`
// could not be written.
absl::Status RunSplit(
    const std::function<FormatPolicy(const std::string& model)>& policy_of,
    std::istream& in, std::ostream& out, std::ostream& diagnostics);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_SPLIT_LINES_H_
