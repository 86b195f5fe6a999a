// SPDX-License-Identifier: Apache-2.0
// The version with the commit that the program was built from.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_VERSION_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_VERSION_H_

#include <string>

namespace reasonwatch {

// "reasonwatch 0.2.0 (commit 0123456789ab)", with a plus behind the commit if
// the tree had changes; "(commit unknown)" of a tree without its history.
std::string VersionText();

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_VERSION_H_
