// SPDX-License-Identifier: Apache-2.0
// The options of the OTLP tap, with their defaults.
#ifndef REASONWATCH_TAP_OTLP_OPTIONS_H_
#define REASONWATCH_TAP_OTLP_OPTIONS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace reasonwatch {

struct OtlpTapOptions {
  // host:port, by convention 4317 and 4318; "" = off.
  std::string grpc_listen;
  std::string http_listen;
  // Limit of one request, after decompression.
  int64_t max_message_bytes = int64_t{32} << 20;
  int32_t max_connections = 512;  // of HTTP
  // Parts of one response come in several requests: how long the first ones
  // wait for the others. Longer than the pause between two exports of an SDK.
  absl::Duration join_wait = absl::Seconds(10);
  // PEM files, for both. client_ca "" = no client certificate.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_client_ca;
  // Holds the token that calls must bear; "" = none is asked for.
  std::string token_file;

  bool enabled() const { return !grpc_listen.empty() || !http_listen.empty(); }
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_OPTIONS_H_
