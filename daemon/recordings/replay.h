// SPDX-License-Identifier: Apache-2.0
// `reasonwatch replay`: the pipeline of `serve` on recorded responses.
#ifndef REASONWATCH_DAEMON_RECORDINGS_REPLAY_H_
#define REASONWATCH_DAEMON_RECORDINGS_REPLAY_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/incident.h"
#include "daemon/recordings/recording_settings.h"
#include "tap/jsonl/import.h"

namespace reasonwatch {

struct ReplayOptions {
  std::string baseline;  // file of healthy responses
  std::string live;      // file of responses to judge
  RecordFormat baseline_from = RecordFormat::kReasonwatch;
  RecordFormat from = RecordFormat::kReasonwatch;  // of `live`
  std::string model = {};                          // of rows that name none
};

struct ReplayReport {
  int64_t baseline_rows = 0;
  int64_t live_rows = 0;
  int64_t bad_lines = 0;
  int64_t findings = 0;
  int64_t streams = 0;
  int64_t unjudged = 0;  // streams that no reference covers
  // The incidents in the order in which they opened, each in its last state but
  // for the severity, which is its highest.
  std::vector<Incident> incidents;
};

// "verdict: ..." in a sentence for a person.
std::string VerdictText(const ReplayReport& report);

// Learns the baseline, then observes the live responses in their order on a
// virtual clock (the latest time so far), and calls `emit` with each event.
// Bad lines go to `messages` with file and line number, are counted and
// skipped. Deterministic, unless the settings have a grader of their own.
absl::StatusOr<ReplayReport> Replay(
    const ReplayOptions& options, const RecordingSettings& settings,
    const std::function<void(const IncidentEvent&)>& emit,
    std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_REPLAY_H_
