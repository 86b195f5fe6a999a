// SPDX-License-Identifier: Apache-2.0
// The text is a template, filled in where deployments differ; strings of the
// operator's come in as JSON strings, which YAML reads.
//
// In order: addresses, the parts that depend on the settings, the template.
#include "daemon/app/commands/envoy_config.h"

#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/substitute.h"
#include "daemon/app/commands/exit_status.h"
#include "util/ascii.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr int32_t kHttpPort = 80;    // registered for http
constexpr int32_t kHttpsPort = 443;  // registered for https

// No white space and no control characters: neither is in a host or a path
// that anybody means.
bool IsPlain(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) <= ' ' || c == '\x7f') return false;
  return true;
}

std::optional<int32_t> ParsePort(std::string_view text) {
  constexpr int32_t kMaxPort = 65535;  // 16 bits
  int32_t port = 0;
  for (const char c : text)
    if (!ascii::IsDigit(c)) return std::nullopt;
  if (!absl::SimpleAtoi(AbslView(text), &port) || port > kMaxPort)
    return std::nullopt;
  return port;
}

// HOST, HOST:PORT, [V6], [V6]:PORT or :PORT; port -1 if it is not given.
std::optional<EnvoyAddress> ParseHostPort(std::string_view text) {
  EnvoyAddress out;
  out.port = -1;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    out.host = text.substr(1, end - 1);
    if (out.host.find(':') == std::string::npos) return std::nullopt;
    rest = text.substr(end + 1);
  } else {
    const size_t colon = text.find(':');
    out.host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
  }
  if (!IsPlain(out.host) || out.host.find_first_of("/@?#") != std::string::npos)
    return std::nullopt;
  if (rest.empty()) return out;
  const auto port =
      rest.starts_with(':') ? ParsePort(rest.substr(1)) : std::nullopt;
  if (!port.has_value()) return std::nullopt;
  out.port = *port;
  return out;
}

std::string Address(const EnvoyAddress& address) {
  if (!address.socket.empty())
    return absl::StrFormat("{pipe: {path: %s}}", JsonString(address.socket));
  return absl::StrFormat("{socket_address: {address: %s, port_value: %d}}",
                         JsonString(address.host), address.port);
}

std::string Endpoint(const EnvoyAddress& address) {
  return absl::StrCat(
      "[{lb_endpoints: [{endpoint: {address: ", Address(address), "}}]}]");
}

// The authority that a client would send that talked to the upstream itself.
std::string Authority(const EnvoySettings& settings) {
  const EnvoyAddress& to = settings.upstream;
  const bool v6 = to.host.find(':') != std::string::npos;
  const std::string host = v6 ? absl::StrCat("[", to.host, "]") : to.host;
  const int32_t usual = settings.upstream_tls ? kHttpsPort : kHttpPort;
  return to.port == usual ? host : absl::StrCat(host, ":", to.port);
}

std::string Tls(const std::string& ca, const std::string& name, bool http2) {
  return absl::Substitute(
      R"(    transport_socket:
      name: envoy.transport_sockets.tls
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        sni: $0
        common_tls_context:
          alpn_protocols: [$1]
          validation_context:
            trusted_ca: {filename: $2}
            match_typed_subject_alt_names: [{san_type: $3, matcher: {exact: $0}}]
)",
      JsonString(name), http2 ? "h2" : "http/1.1", JsonString(ca),
      // A certificate names an address in a field of its own.
      name.find_first_not_of("0123456789.") == std::string::npos ||
              name.find(':') != std::string::npos
          ? "IP_ADDRESS"
          : "DNS");
}

std::string Token(const std::string& token) {
  if (token.empty()) return "";
  return absl::StrFormat(
      ", initial_metadata: [{key: authorization, value: %s}]",
      JsonString(absl::StrCat("Bearer ", token)));
}

constexpr char kTemplate[] =
    R"(# Written by `reasonwatch envoy`: serves a model and shows its traffic to Reasonwatch.
# A tap that is absent, killed, slow or stopped does not reach the client.
admin: {address: $0}
static_resources:
  listeners:
  - name: llm
    address: $1
    per_connection_buffer_limit_bytes: 1048576  # of a request's pieces
    filter_chains:
    - filters:
      - name: envoy.filters.network.http_connection_manager
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: llm
          stream_idle_timeout: 0s  # the default ends a response that pauses
          route_config:
            name: llm
            virtual_hosts:
            - name: llm
              domains: ["*"]
              # Responses come uncompressed, which the tap reads more cheaply.
              request_headers_to_remove: ["accept-encoding"]
              routes: [{match: {prefix: "/"}, route: {cluster: llm, timeout: 0s, host_rewrite_literal: $2}}]
          http_filters:
          - name: envoy.filters.http.ext_proc
            typed_config:
              "@type": type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor
              grpc_service: {envoy_grpc: {cluster_name: reasonwatch}$3}
              observability_mode: true  # Envoy never waits for the tap
              failure_mode_allow: true  # without it a tap that is away stops the traffic
              deferred_close_timeout: 5s  # 0s would lose the ends of responses
              processing_mode: {request_header_mode: SEND, response_header_mode: SEND, request_body_mode: STREAMED, response_body_mode: STREAMED, request_trailer_mode: SKIP, response_trailer_mode: SEND}
              forward_rules: {disallowed_headers: {patterns: [{exact: authorization}, {exact: proxy-authorization}, {exact: cookie}, {exact: x-api-key}, {exact: api-key}, {exact: x-goog-api-key}]}}
          - name: envoy.filters.http.router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: llm
    type: STRICT_DNS
    connect_timeout: 5s
    per_connection_buffer_limit_bytes: 1048576  # of a response's pieces
    circuit_breakers: {thresholds: [{max_connections: 40000, max_pending_requests: 40000, max_requests: 40000}]}
    load_assignment: {cluster_name: llm, endpoints: $4}
$5  - name: reasonwatch
    type: $6
    connect_timeout: 0.25s
    circuit_breakers: {thresholds: [{max_connections: 4096, max_pending_requests: 40000, max_requests: 40000}]}
    typed_extension_protocol_options:
      envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
        "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
        # Without the pings a tap that hangs would freeze long responses.
        explicit_http_config: {http2_protocol_options: {connection_keepalive: {interval: 2s, timeout: 1s}}}
    load_assignment: {cluster_name: reasonwatch, endpoints: $7}
$8)";

}  // namespace

absl::StatusOr<EnvoyAddress> ParseUpstream(std::string_view url, bool& tls) {
  constexpr std::string_view kHttp = "http://";
  constexpr std::string_view kHttps = "https://";
  tls = url.starts_with(kHttps);
  const absl::Status wrong = UsageError(absl::StrFormat(
      "--upstream must be http://HOST[:PORT] or https://HOST[:PORT], not %s",
      AbslView(url)));
  if (!tls && !url.starts_with(kHttp)) return wrong;
  std::string_view rest = url.substr(tls ? kHttps.size() : kHttp.size());
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find('/') != std::string_view::npos)
    return UsageError(absl::StrFormat(
        "--upstream is without a path, because clients keep theirs: %s",
        AbslView(url)));
  std::optional<EnvoyAddress> address = ParseHostPort(rest);
  if (!address.has_value() || address->host.empty() || address->port == 0)
    return wrong;
  if (address->port < 0) address->port = tls ? kHttpsPort : kHttpPort;
  return *std::move(address);
}

absl::StatusOr<EnvoyAddress> ParseEnvoyAddress(std::string_view text) {
  constexpr std::string_view kUnix = "unix:";
  if (text.starts_with(kUnix)) {
    EnvoyAddress out;
    out.socket = text.substr(kUnix.size());
    if (!out.socket.empty()) return out;
  } else if (std::optional<EnvoyAddress> out = ParseHostPort(text);
             out.has_value() && out->port >= 0) {
    if (out->host.empty()) out->host = "0.0.0.0";
    return *std::move(out);
  }
  return UsageError(absl::StrFormat(
      "must be HOST:PORT, :PORT or unix:PATH, not %s", AbslView(text)));
}

std::string EnvoyConfig(const EnvoySettings& settings) {
  const EnvoyAddress& tap = settings.tap;
  return absl::Substitute(
      kTemplate, Address(settings.admin), Address(settings.listen),
      JsonString(Authority(settings)), Token(settings.tap_token),
      Endpoint(settings.upstream),
      settings.upstream_tls
          ? Tls(settings.upstream_ca, settings.upstream.host, /*http2=*/false)
          : "",
      // A socket needs STATIC; a name needs DNS, which reads addresses too.
      tap.socket.empty() ? "STRICT_DNS" : "STATIC", Endpoint(tap),
      settings.tap_tls_ca.empty()
          ? ""
          : Tls(settings.tap_tls_ca, tap.host, /*http2=*/true));
}

}  // namespace reasonwatch
