// SPDX-License-Identifier: Apache-2.0
// Files of the data folder that the daemon and the commands beside it share.
#ifndef REASONWATCH_DAEMON_APP_DATA_FOLDER_H_
#define REASONWATCH_DAEMON_APP_DATA_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace reasonwatch {

// The key of the hashes of sessions, and of prompts and answers that no
// baseline knows. Made once, kept beside the database, readable by its owner
// alone. PermissionDenied if it can't be written.
absl::StatusOr<std::string> SessionKey(const std::string& folder);
// One that is not kept, for a folder that can't be written to: sessions from
// before the next start are then not recognised after it.
absl::StatusOr<std::string> NewSessionKey();

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_DATA_FOLDER_H_
