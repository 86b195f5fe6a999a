// SPDX-License-Identifier: Apache-2.0
// The address that the HTTP server listens at. Pure.
#ifndef REASONWATCH_DAEMON_API_LISTEN_ADDRESS_H_
#define REASONWATCH_DAEMON_API_LISTEN_ADDRESS_H_

#include <string>

#include "absl/status/statusor.h"

namespace reasonwatch {

struct ListenAddress {
  std::string host;
  int port = 0;  // 0 = any free one
};

// host:port, or [address]:port for IPv6. InvalidArgument: it is neither.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& listen);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_LISTEN_ADDRESS_H_
