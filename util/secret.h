// SPDX-License-Identifier: Apache-2.0
// Secrets of the operator's: tokens, API keys and signing keys, each in a file
// of its own.
#ifndef REASONWATCH_UTIL_SECRET_H_
#define REASONWATCH_UTIL_SECRET_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace reasonwatch {

// Far above any token or key; keeps a wrong path (a log, a device that never
// ends) from filling the memory.
inline constexpr size_t kMaxSecretBytes = size_t{64} << 10;

// The bytes of the file without the line ends behind them. The status names the
// file and the reason: NotFound or PermissionDenied if it can't be opened,
// InvalidArgument if it is a folder, empty or longer than kMaxSecretBytes. It
// never holds a part of the secret. The file's permissions are not checked.
absl::StatusOr<std::string> ReadSecret(const std::string& path);

// Compares in a time that depends on the lengths alone, so that an answer's
// delay does not show how much of a guess was right.
bool SameSecret(std::string_view a, std::string_view b);

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_SECRET_H_
