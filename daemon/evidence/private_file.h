// SPDX-License-Identifier: Apache-2.0
// A file that only its owner may read.
#ifndef REASONWATCH_DAEMON_EVIDENCE_PRIVATE_FILE_H_
#define REASONWATCH_DAEMON_EVIDENCE_PRIVATE_FILE_H_

#include <string>

#include "absl/status/status.h"

namespace reasonwatch {

// Puts `text` in the place of the file at once, with mode 0600: a reader sees
// the old one or the new one. Unavailable names the file and the reason.
absl::Status WritePrivateFile(const std::string& path, const std::string& text);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_EVIDENCE_PRIVATE_FILE_H_
