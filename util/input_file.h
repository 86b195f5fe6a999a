// SPDX-License-Identifier: Apache-2.0
// Files that somebody names: opened, or why not.
#ifndef REASONWATCH_UTIL_INPUT_FILE_H_
#define REASONWATCH_UTIL_INPUT_FILE_H_

#include <fstream>
#include <string>

#include "absl/status/statusor.h"

namespace reasonwatch {

// NotFound, PermissionDenied or, for a folder, InvalidArgument, with the name
// and the reason: a stream alone opens a folder and then reads nothing of it.
absl::StatusOr<std::ifstream> OpenInput(const std::string& path);

// Whether both names are of one file.
bool SameFile(const std::string& a, const std::string& b);

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_INPUT_FILE_H_
