// SPDX-License-Identifier: Apache-2.0
// Envoy as a child of this process.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_ENVOY_PROCESS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_ENVOY_PROCESS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace reasonwatch {

// The path of a program: `name` itself if it has a slash, else looked for on
// PATH. FailedPrecondition if there is none that may be run.
absl::StatusOr<std::string> FindProgram(std::string_view name);

// Lets Envoy check the file. Internal with Envoy's own words if it is wrong.
absl::Status ValidateEnvoyConfig(const std::string& envoy,
                                 const std::string& file);

// Runs Envoy with the file until it ends or this process gets SIGTERM, SIGINT
// or SIGHUP, and then stops it. It also ends if this process is killed.
// Unavailable if it ends by itself, e.g. because the port is in use. Call
// before this process has threads.
absl::Status RunEnvoy(const std::string& envoy, const std::string& file);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_ENVOY_PROCESS_H_
