// SPDX-License-Identifier: Apache-2.0
// The options of the gRPC tap, with their defaults.
#ifndef REASONWATCH_TAP_GRPC_OPTIONS_H_
#define REASONWATCH_TAP_GRPC_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace reasonwatch {

struct GrpcTapOptions {
  std::string listen = "127.0.0.1:9095";  // port 0: any; "" = off
  std::string unix_socket;                // path; "" = off
  // Limit of one message, encoded; larger ones are RESOURCE_EXHAUSTED.
  // Compressed messages are UNIMPLEMENTED, because their size is only known
  // afterwards.
  int64_t max_message_bytes = int64_t{64} << 20;
  int32_t max_streams = 1024;  // concurrent calls a connection
  // Open calls of all connections together: of Stream, and again of Report.
  int32_t max_open_streams = 4096;
  // Connections of `listen`; when they are used up, those that do nothing give
  // way. Half of them are for one address.
  int32_t max_connections = 1024;
  // From the headers of a Report to its whole message.
  absl::Duration message_timeout = absl::Seconds(20);
  // A connection is asked to end after this and has a minute to do so.
  absl::Duration max_connection_age = absl::Hours(24);
  absl::Duration max_connection_idle = absl::Minutes(30);
  // PEM files, for `listen` only. client_ca "" = no client certificate.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  // Holds the token that calls must bear; "" = none is asked for.
  std::string token_file;

  bool enabled() const { return !listen.empty() || !unix_socket.empty(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_OPTIONS_H_
