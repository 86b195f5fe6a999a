// What the daemon and the commands beside it share in the data folder.
#ifndef REASONWATCH_DAEMON_COMMANDS_DATA_FOLDER_H_
#define REASONWATCH_DAEMON_COMMANDS_DATA_FOLDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace reasonwatch {

// The key of the hashes of sessions, and of prompts and answers that no
// baseline knows: made once, kept beside the database, readable by its owner.
absl::StatusOr<std::string> SessionKey(const std::string& folder);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_DATA_FOLDER_H_
