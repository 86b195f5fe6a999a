// SPDX-License-Identifier: Apache-2.0
// One delivery to a receiver of the operator's: a webhook, an OTLP endpoint.
#ifndef REASONWATCH_DAEMON_APP_DELIVER_H_
#define REASONWATCH_DAEMON_APP_DELIVER_H_

#include "absl/status/status.h"
#include "rescore/client/http.h"

namespace reasonwatch {

// Sends the request within ten seconds, whatever its own bounds are; of the
// reply only the status is read. Unavailable with the reason unless it is 2xx.
// Blocks; thread-safe.
absl::Status Deliver(HttpRequest request);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_DELIVER_H_
