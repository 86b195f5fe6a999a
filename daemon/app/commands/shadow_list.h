// SPDX-License-Identifier: Apache-2.0
// `incidents list --shadow`: the incidents that signals in shadow mode and
// other budgets of false alarms would have had.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_SHADOW_LIST_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_SHADOW_LIST_H_

#include <ostream>

#include "core/shadow.h"

namespace reasonwatch {

// A table of the budgets, and the rises that passed the one in force or
// are of a signal in shadow mode, at most `limit`.
void PrintShadow(const ShadowReport& report, int limit, std::ostream& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_SHADOW_LIST_H_
