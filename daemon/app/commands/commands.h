// SPDX-License-Identifier: Apache-2.0
// The commands of `reasonwatch`.
//
// Each function adds one command with its flags to `app`. The command runs
// while the command line is parsed, and sets `result` to the status with which
// the process should end; `result` must outlive `app`.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_COMMANDS_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_COMMANDS_H_

#include "daemon/app/commands/exit_status.h"

// NOLINTNEXTLINE(readability-identifier-naming): the library's name.
namespace CLI {
class App;
}

namespace reasonwatch {

void AddInit(CLI::App& app, ExitStatus& result);
void AddStatus(CLI::App& app, ExitStatus& result);
void AddReplay(CLI::App& app, ExitStatus& result);
void AddGrade(CLI::App& app, ExitStatus& result);
void AddRead(CLI::App& app, ExitStatus& result);
void AddSplit(CLI::App& app, ExitStatus& result);
void AddBaseline(CLI::App& app, ExitStatus& result);
void AddServe(CLI::App& app, ExitStatus& result);
void AddCheckConfig(CLI::App& app, ExitStatus& result);
void AddFeed(CLI::App& app, ExitStatus& result);
void AddEnvoy(CLI::App& app, ExitStatus& result);
void AddTaps(CLI::App& app, ExitStatus& result);
void AddRescore(CLI::App& app, ExitStatus& result);
void AddSelfTest(CLI::App& app, ExitStatus& result);
void AddIncidents(CLI::App& app, ExitStatus& result);
void AddCompare(CLI::App& app, ExitStatus& result);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_COMMANDS_H_
