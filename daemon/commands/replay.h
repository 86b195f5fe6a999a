// `reasonwatch replay`: the pipeline of `serve` on recorded responses.
#ifndef REASONWATCH_DAEMON_COMMANDS_REPLAY_H_
#define REASONWATCH_DAEMON_COMMANDS_REPLAY_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "daemon/config.h"
#include "tap/jsonl/import.h"

namespace reasonwatch {

struct ReplayReport {
  int64_t baseline_rows = 0;
  int64_t live_rows = 0;
  int64_t bad_lines = 0;
  int64_t findings = 0;
};

// Learns `baseline`, then takes `live` in its order on a virtual clock (the
// latest time so far), and writes one finding a line. Bad lines are told to
// `messages` with file and line number, counted and skipped. Deterministic,
// where the configuration has no grader of its own.
absl::StatusOr<ReplayReport> Replay(
    const Config& config, const std::string& baseline, const std::string& live,
    std::ostream& findings, std::ostream& messages, RecordFormat baseline_from,
    RecordFormat from);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_REPLAY_H_
