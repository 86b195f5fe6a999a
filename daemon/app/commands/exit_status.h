// SPDX-License-Identifier: Apache-2.0
// The statuses with which the commands end. Release gates and scripts rely on
// them: docs/release.md documents them.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_EXIT_STATUS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_EXIT_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace reasonwatch {

enum class ExitStatus : int {
  kDone = 0,   // did its work; a gate: the new side is as good as the old
  kWorse = 1,  // `compare`, `rescore`: a loss; `selftest`: a hop was cut
  kReplayFailed = 1,  // `replay`: any failure; older than the others
  kCannotTell = 2,    // too little to judge, or not possible at the moment
  kUnreadable = 3,    // an input is absent or can't be read
  kUsage = 64,        // the command line can't be understood
  kInternal = 70      // all else, such as an output that can't be written
};

// The command line is understood and asks for something impossible.
absl::Status UsageError(std::string_view message);

// kUsage for a UsageError(); kUnreadable for NotFound, PermissionDenied,
// InvalidArgument and DataLoss (a damaged database); kCannotTell for
// FailedPrecondition, Unavailable, DeadlineExceeded, ResourceExhausted, Aborted
// and Cancelled.
ExitStatus ExitStatusOf(const absl::Status& status);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_EXIT_STATUS_H_
