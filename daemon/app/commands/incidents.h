// SPDX-License-Identifier: Apache-2.0
// `reasonwatch incidents`: the incidents as text for a terminal.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_INCIDENTS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_INCIDENTS_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/terminal.h"
#include "daemon/app/config/config.h"

namespace reasonwatch {

// Both read the data folder (storage.path) beside a running daemon and change
// nothing. An incident whose reference is young comes with the way out of it.
struct ListOptions {
  bool open_only = false;
  int limit = 50;  // a screen
  Output output = Output::kText;
  Painter paint{};
};
absl::Status ListIncidents(const Config& config, const ListOptions& options,
                           std::ostream& out);
// NotFound if there is no such incident.
// The stored ledger of evidence that rose: that of the last minute, if the
// daemon runs.
absl::Status ListShadow(const Config& config, const ListOptions& options,
                        std::ostream& out);
absl::Status ShowIncident(const Config& config, const std::string& id,
                          Output output, const Painter& paint,
                          std::ostream& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_INCIDENTS_H_
