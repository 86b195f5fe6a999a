// SPDX-License-Identifier: Apache-2.0
// `reasonwatch incidents`: the incidents as text for a terminal.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_INCIDENTS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_INCIDENTS_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"

namespace reasonwatch {

// Both read the data folder beside a running daemon and change nothing.
absl::Status ListIncidents(const std::string& folder, bool open_only, int limit,
                           std::ostream& out);
// NotFound if there is no such incident.
absl::Status ShowIncident(const std::string& folder, const std::string& id,
                          bool json, std::ostream& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_INCIDENTS_H_
