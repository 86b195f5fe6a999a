// SPDX-License-Identifier: Apache-2.0
// Log lines: logfmt on stderr, one for each noteworthy event, none for a single
// response.
//
// Response text is never given to these functions. Thread-safe.
#ifndef REASONWATCH_DAEMON_APP_LOG_H_
#define REASONWATCH_DAEMON_APP_LOG_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace reasonwatch {

using LogFields = std::vector<std::pair<std::string_view, std::string>>;

// "debug", "info", "warn", "error"; InvalidArgument for anything else.
absl::Status StartLog(std::string_view level);

void LogInfo(std::string_view event, const LogFields& fields = {});
void LogWarning(std::string_view event, const LogFields& fields = {});
void LogError(std::string_view event, const LogFields& fields = {});

// `event key=value key="two words"`, as the functions above write it.
std::string Logfmt(std::string_view event, const LogFields& fields);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_LOG_H_
