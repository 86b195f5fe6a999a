// SPDX-License-Identifier: Apache-2.0
// The configuration of an Envoy that serves a model and shows its traffic to
// the ext_proc tap.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_ENVOY_CONFIG_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_ENVOY_CONFIG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace reasonwatch {

struct EnvoyAddress {
  std::string host;  // a name or an address, without brackets
  int32_t port = 0;
  std::string socket;  // path of a Unix socket; "" = host and port
};

struct EnvoySettings {
  EnvoyAddress upstream;
  bool upstream_tls = false;
  EnvoyAddress listen;
  EnvoyAddress admin;
  EnvoyAddress tap;
  std::string tap_token;    // "" = the tap asks for none
  std::string tap_tls_ca;   // PEM file; "" = no TLS to the tap
  std::string upstream_ca;  // PEM file that certifies a TLS upstream
};

// "http://HOST[:PORT]" or "https://HOST[:PORT]". InvalidArgument for anything
// else, also for a path: clients keep theirs.
absl::StatusOr<EnvoyAddress> ParseUpstream(std::string_view url, bool& tls);

// "HOST:PORT", "[V6]:PORT", ":PORT" (every address) or "unix:PATH".
absl::StatusOr<EnvoyAddress> ParseEnvoyAddress(std::string_view text);

// YAML. Fails open in every way that was found with real Envoys: a tap that is
// absent, killed, slow or stopped does not reach the client.
std::string EnvoyConfig(const EnvoySettings& settings);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_ENVOY_CONFIG_H_
