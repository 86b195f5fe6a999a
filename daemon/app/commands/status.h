// SPDX-License-Identifier: Apache-2.0
// `reasonwatch status`: the streams of a running daemon, how far each is
// protected, and its open incidents.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_STATUS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_STATUS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "daemon/app/commands/terminal.h"

namespace reasonwatch {

// A table for a terminal, of the answers to GET /api/v1/streams and
// /api/v1/incidents?open=1. Unavailable if they are no such answers.
absl::StatusOr<std::string> StatusText(std::string_view streams,
                                       std::string_view incidents,
                                       const Painter& paint);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_STATUS_H_
