// SPDX-License-Identifier: Apache-2.0
// `reasonwatch rescore`: asks the model again now, in the foreground.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_RESCORE_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_RESCORE_H_

#include <iosfwd>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/config/config.h"
#include "rescore/ways/live_conditions.h"

namespace reasonwatch {

struct RescoreOptions {
  std::vector<std::string> problems;  // ids, as the baseline names them
  std::string incident;               // or an incident of the data folder
  // How the incident failed, for it to be asked so too.
  FailureConditions conditions;
  // JSON: a line each for a question, a wait, a verdict, and the summary.
  Output output = Output::kText;
  bool progress = true;  // false: verdicts only
  // The longest time without an answer, as behind a shut gate; > 0.
  absl::Duration wait = absl::Minutes(15);
};

struct RescoreReport {
  int verdicts = 0;
  int confirmed = 0;
  int held = 0;  // not reproduced; the others could not be decided
};

// Uses the configured endpoint, gate and budget, and the recorded baseline. It
// leaves nothing behind: a running daemon keeps its own queue and verdicts.
// FailedPrecondition: no endpoint, or no baseline; NotFound: an unknown problem
// or incident; DeadlineExceeded: nothing could be asked for `wait`, and why.
absl::StatusOr<RescoreReport> RunRescore(const Config& config,
                                         const RescoreOptions& options,
                                         std::ostream& out,
                                         std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_RESCORE_H_
