// SPDX-License-Identifier: Apache-2.0
// The parts that the command lines share.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_COMMAND_LINE_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_COMMAND_LINE_H_

#include <functional>
#include <istream>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/app/commands/exit_status.h"
#include "daemon/app/config/config.h"
#include "daemon/recordings/recording_settings.h"

// NOLINTNEXTLINE(readability-identifier-naming): the library's name.
namespace CLI {
class App;
}

namespace reasonwatch {

// Both run `run` when the command line names the command, and set `result`,
// which must outlive the app. An error is printed to standard error.
void OnRun(CLI::App* command, ExitStatus& result,
           std::function<absl::Status()> run);
void OnGate(CLI::App* command, ExitStatus& result,
            std::function<absl::StatusOr<ExitStatus>()> run);

// "reasonwatch: " and the message, to standard error.
void PrintError(const absl::Status& status);

// The option --config.
void AddConfigOption(CLI::App* command, std::string& path);
// The default configuration if `path` is empty.
absl::StatusOr<Config> ConfigFrom(const std::string& path);

// The settings of the configuration for an importer of recordings. Failures of
// the operator's grader go to `messages`. `config` must outlive them.
RecordingSettings RecordingSettingsOf(const Config& config,
                                      std::ostream& messages);

// The form of a command's answer: for a person, or one JSON value.
enum class Output { kText, kJson };
// The option --output; the flag --json means the same and is not documented.
void AddOutputOption(CLI::App* command, Output& output);

// The values that `--from` may have.
std::vector<std::string> RecordFormatNames();

// Calls `write` with a stream to the file `path`, which is only replaced if all
// is well.
absl::Status WriteFile(const std::string& path,
                       const std::function<absl::Status(std::ostream&)>& write);
// The same from a file of lines to another, with its progress.
absl::Status OverLines(
    const std::string& in_path, const std::string& out_path,
    const std::function<absl::Status(std::istream&, std::ostream&)>& run);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_COMMAND_LINE_H_
