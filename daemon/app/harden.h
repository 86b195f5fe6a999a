// SPDX-License-Identifier: Apache-2.0
// Limits that the process sets for itself, before it reads anything.
#ifndef REASONWATCH_DAEMON_APP_HARDEN_H_
#define REASONWATCH_DAEMON_APP_HARDEN_H_

namespace reasonwatch {

// No core dump and no debugger of the same user, since memory holds the words
// of users. A kernel that refuses is not an error.
void HardenProcess();

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_HARDEN_H_
