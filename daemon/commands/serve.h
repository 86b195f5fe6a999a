// `reasonwatch serve`: the daemon.
#ifndef REASONWATCH_DAEMON_COMMANDS_SERVE_H_
#define REASONWATCH_DAEMON_COMMANDS_SERVE_H_

#include <string>

#include "absl/status/status.h"
#include "daemon/config.h"

namespace reasonwatch {

// Runs until SIGTERM or SIGINT. SIGHUP and POST /-/reload read `config_path`
// again ("" = there is no file): budgets and signals change at once, all else
// with the next start. Fails only at start.
absl::Status Serve(const Config& config, const std::string& config_path);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_SERVE_H_
