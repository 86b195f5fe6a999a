// SPDX-License-Identifier: Apache-2.0
// The functions that join the webhook to the other rooms.
#ifndef REASONWATCH_DAEMON_APP_WEBHOOK_PORTS_H_
#define REASONWATCH_DAEMON_APP_WEBHOOK_PORTS_H_

#include <string>

#include "daemon/notify/webhook.h"

namespace reasonwatch {

// JSON bodies as the API has them, POST to `url` over HTTP, and a log line
// "webhook_failed" for each attempt that failed. `ca_file` "" = the system's
// certificates.
WebhookPorts WebhookPortsOf(std::string url, std::string ca_file);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_WEBHOOK_PORTS_H_
