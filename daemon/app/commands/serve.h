// SPDX-License-Identifier: Apache-2.0
// `reasonwatch serve`: the daemon.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_SERVE_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_SERVE_H_

#include <string>

#include "absl/status/status.h"
#include "daemon/app/config/config.h"

namespace reasonwatch {

// Runs an App until SIGTERM or SIGINT. SIGHUP and POST /-/reload read
// `config_path` again ("" = there is no file). Fails only at start; the status
// names the step of the start that failed.
absl::Status Serve(const Config& config, const std::string& config_path);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_SERVE_H_
