// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/daemon_client.h"

#include <CLI/CLI.hpp>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "rescore/client/http.h"
#include "util/secret.h"
#include "util/status_macros.h"

namespace reasonwatch {

void AddDaemonOptions(CLI::App* command, DaemonAddress& address) {
  command->add_option("--url", address.url, "the daemon's HTTP port")
      ->capture_default_str();
  command->add_option("--token-file", address.token_file,
                      "file with the port's bearer token");
  command->add_option("--ca-file", address.ca_file,
                      "PEM file of its authority");
}

namespace {

// The answer's body if its status is one of success.
absl::StatusOr<std::string> Ask(const DaemonAddress& address,
                                const std::string& path, HttpRequest request) {
  request.url = address.url + path;
  request.ca_file = address.ca_file;
  request.max_body_bytes = int64_t{64} << 20;
  if (!address.token_file.empty()) {
    RW_ASSIGN_OR_RETURN(const std::string token,
                        ReadSecret(address.token_file));
    request.headers.push_back("Authorization: Bearer " + token);
  }
  HttpResult result = Exchange(request);
  if (result.failure.has_value())
    return absl::UnavailableError(
        absl::StrFormat("no daemon at %s", address.url));
  if (result.reply.status < 200 || result.reply.status > 299)
    return absl::UnavailableError(absl::StrFormat("%s%s: HTTP %d", address.url,
                                                  path, result.reply.status));
  return std::move(result.reply.body);
}

}  // namespace

absl::StatusOr<std::string> GetFromDaemon(const DaemonAddress& address,
                                          const std::string& path) {
  HttpRequest request;
  request.timeout = absl::Seconds(10);
  return Ask(address, path, std::move(request));
}

absl::StatusOr<std::string> PostToDaemon(
    const DaemonAddress& address, const std::string& path, std::string body,
    const std::vector<std::string>& headers) {
  HttpRequest request;
  request.post = std::move(body);
  request.headers = headers;
  // A tap that waits for room answers after half a minute.
  request.timeout = absl::Seconds(45);
  return Ask(address, path, std::move(request));
}

}  // namespace reasonwatch
