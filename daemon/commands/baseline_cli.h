// The command lines of `reasonwatch baseline` and `reasonwatch compare`.
#ifndef REASONWATCH_DAEMON_COMMANDS_BASELINE_CLI_H_
#define REASONWATCH_DAEMON_COMMANDS_BASELINE_CLI_H_

#include "daemon/commands/baseline_record.h"

namespace CLI {
class App;
}

namespace reasonwatch {

// `exit_code` is set when the command has run and must outlive the app. Without
// a `make_client` there is no `baseline record`. Returns the command
// `baseline`, for further ones.
CLI::App* AddBaselineCommands(CLI::App& app, int& exit_code,
                              MakeModelClient make_client);

// Exit codes, as a release gate reads them: 0 no regression, 1 regressed, 2 it
// could not be told.
void AddCompareCommand(CLI::App& app, int& exit_code);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_BASELINE_CLI_H_
