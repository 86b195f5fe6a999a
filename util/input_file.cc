// SPDX-License-Identifier: Apache-2.0
#include "util/input_file.h"

#include <cerrno>
#include <filesystem>
#include <system_error>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"

namespace reasonwatch {

absl::StatusOr<std::ifstream> OpenInput(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored))
    return absl::InvalidArgumentError(
        absl::StrFormat("can't read %s: it is a folder", path));
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (in) return in;
  const int error = errno;
  const std::string message = absl::StrFormat(
      "can't open %s: %s", path, std::generic_category().message(error));
  if (error == EACCES || error == EPERM)
    return absl::PermissionDeniedError(message);
  return absl::NotFoundError(message);
}

bool SameFile(const std::string& a, const std::string& b) {
  std::error_code error;
  return std::filesystem::equivalent(a, b, error) && !error;
}

}  // namespace reasonwatch
