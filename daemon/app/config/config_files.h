// SPDX-License-Identifier: Apache-2.0
// The files, addresses and secrets that a configuration names, looked at before
// anything uses them.
#ifndef REASONWATCH_DAEMON_APP_CONFIG_CONFIG_FILES_H_
#define REASONWATCH_DAEMON_APP_CONFIG_CONFIG_FILES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "daemon/app/config/config.h"

namespace reasonwatch {

// Opens every file that the configuration names. The status says for each that
// can't be used which key names it and why; PermissionDenied if one that holds
// a secret may be read or written by others than its owner and group (on a
// mount that is read-only, as a container's secrets are: only written).
absl::Status CheckConfigFiles(const Config& config);
// The same of the modes alone; a file that is not there is left to its user.
absl::Status CheckSecretModes(const Config& config);

// For each port that listens beyond this machine without TLS or without a
// token: a sentence that says so.
std::vector<std::string> OpenListeners(const Config& config);

// Keys of the two that differ ("tap.grpc.listen"; of a list or a map the key of
// the whole), without those that a reload applies: false_alarms, signals, log.
std::vector<std::string> NeedsRestart(const Config& before,
                                      const Config& after);

// The same configuration to be shown: users, passwords and values of queries in
// its URLs, and the path of webhook.url, are "***".
Config WithMaskedUrls(const Config& config);

// "https://***@host:1/v1?key=***".
std::string MaskedUrl(std::string_view url, bool mask_path);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_CONFIG_CONFIG_FILES_H_
