// SPDX-License-Identifier: Apache-2.0
// `reasonwatch`: parses the command line, of which each command is a part.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/safe_output.h"
#include "daemon/app/commands/suggest.h"
#include "daemon/app/commands/version.h"

namespace {

using reasonwatch::ExitStatus;

// docs/release.md documents them.
constexpr char kFooter[] =
    "Exit statuses: 0 done, or held; 1 worse (compare, rescore, selftest); "
    "2 could\nnot tell; 3 an input can't be read; 64 usage; 70 all else, such "
    "as an output\nthat can't be written.";

// In the order of the help text.
void AddCommands(CLI::App& app, ExitStatus& result) {
  for (const auto add :
       {reasonwatch::AddInit, reasonwatch::AddCheckConfig,
        reasonwatch::AddServe, reasonwatch::AddStatus, reasonwatch::AddTaps,
        reasonwatch::AddSelfTest, reasonwatch::AddIncidents,
        reasonwatch::AddBaseline, reasonwatch::AddRescore,
        reasonwatch::AddReplay, reasonwatch::AddCompare, reasonwatch::AddFeed,
        reasonwatch::AddEnvoy, reasonwatch::AddRead, reasonwatch::AddGrade,
        reasonwatch::AddSplit})
    add(app, result);
}

}  // namespace

// NOLINTNEXTLINE(bugprone-exception-escape): an option defined twice throws.
int main(int argc, char** argv) {
  // Debian's absl is built with a lock-order check that aborts; gRPC's own
  // locks are not ours to order.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  const reasonwatch::SafeStream out(std::cout, STDOUT_FILENO);
  const reasonwatch::SafeStream err(std::cerr, STDERR_FILENO);
  CLI::App app{"Watches the reasoning quality of language models."};
  app.require_subcommand(1);
  app.set_version_flag("--version", reasonwatch::VersionText());
  ExitStatus result = ExitStatus::kDone;
  AddCommands(app, result);
  app.footer(kFooter);  // last, as commands would inherit it
  const std::string unknown = reasonwatch::UnknownCommand(
      app, std::vector<std::string>(argv + std::min(argc, 1), argv + argc));
  if (!unknown.empty()) {
    std::cerr << "reasonwatch: " << unknown << "\n";
    return static_cast<int>(ExitStatus::kUsage);
  }
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Also --help and --version, which are no errors.
    if (app.exit(error) != 0) result = ExitStatus::kUsage;
  }
  // A full disk behind standard output shows here at last.
  if (!std::cout.flush() && result == ExitStatus::kDone) {
    std::cerr << "reasonwatch: can't write to standard output\n";
    result = ExitStatus::kInternal;
  }
  return static_cast<int>(result);
}
