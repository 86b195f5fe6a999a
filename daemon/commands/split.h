// reasonwatch split: reasoning and answer of recorded texts.
#ifndef REASONWATCH_DAEMON_COMMANDS_SPLIT_H_
#define REASONWATCH_DAEMON_COMMANDS_SPLIT_H_

#include <istream>
#include <ostream>

#include "absl/status/status.h"
#include "daemon/config.h"

namespace reasonwatch {

// Reads JSON objects, one a line: {"format", "text", "model"?, "thinking"?,
// "streaming"?, ...}. Writes each with "reasoning" (null = none), "content",
// "format" and "state" (see docs/formats.md) set. The configuration gives
// custom formats, and where "format" is auto what it says of the model.
// "streaming": the text is also fed in every split into two
// pieces (in 4,096 evenly spaced ones where it is over 16 KiB).
//
// A bad line is reported to `diagnostics` with its number, counted and
// skipped. InvalidArgument: there were lines and none was usable. Internal: a
// streamed text gave another result than the whole one. DataLoss: `out` could
// not be written.
absl::Status RunSplit(const Config& config, std::istream& in, std::ostream& out,
                      std::ostream& diagnostics);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_SPLIT_H_
