// SPDX-License-Identifier: Apache-2.0
// Questions of a command to a running daemon, at its HTTP port.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_DAEMON_CLIENT_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_DAEMON_CLIENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

// NOLINTNEXTLINE(readability-identifier-naming): the library's name.
namespace CLI {
class App;
}

namespace reasonwatch {

struct DaemonAddress {
  std::string url = "http://127.0.0.1:9096";  // http.listen by default
  std::string token_file;
  std::string ca_file;
};
// The options --url, --token-file and --ca-file.
void AddDaemonOptions(CLI::App* command, DaemonAddress& address);

// The body of GET `path`. Unavailable if no daemon answers, or with another
// status than 200.
absl::StatusOr<std::string> GetFromDaemon(const DaemonAddress& address,
                                          const std::string& path);

// The body of the answer to POST `path`, with any status from 200 to 299.
absl::StatusOr<std::string> PostToDaemon(
    const DaemonAddress& address, const std::string& path, std::string body,
    const std::vector<std::string>& headers = {});

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_DAEMON_CLIENT_H_
