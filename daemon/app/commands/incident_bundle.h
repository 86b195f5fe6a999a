// SPDX-License-Identifier: Apache-2.0
// `incidents bundle`: one file of all that is stored of an incident.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_INCIDENT_BUNDLE_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_INCIDENT_BUNDLE_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "daemon/app/config/config.h"

namespace reasonwatch {

// Writes the bundle (daemon/recordings/replay_bundle.h) to `out`, and its
// content in words to `messages`. Texts and numbers that are over their time
// are left out. Works beside a running daemon. NotFound: no such incident.
absl::Status WriteIncidentBundle(const Config& config, const std::string& id,
                                 std::ostream& out, std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_INCIDENT_BUNDLE_H_
