// SPDX-License-Identifier: Apache-2.0
// `reasonwatch`: parses the command line, of which each command is a part.
#include <CLI/CLI.hpp>
#include <iostream>

#include "absl/synchronization/mutex.h"
#include "core/version.h"
#include "daemon/app/commands/commands.h"

// NOLINTNEXTLINE(bugprone-exception-escape): an option defined twice throws.
int main(int argc, char** argv) {
  using reasonwatch::ExitStatus;
  // Debian's absl is built with a lock-order check that aborts; gRPC's own
  // locks are not ours to order.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App app{"Watches the reasoning quality of language models."};
  app.require_subcommand(1);
  app.set_version_flag("--version", reasonwatch::kVersion);
  ExitStatus result = ExitStatus::kDone;
  // In the order of the help text.
  for (const auto add :
       {reasonwatch::AddReplay, reasonwatch::AddGrade, reasonwatch::AddSplit,
        reasonwatch::AddRead, reasonwatch::AddBaseline, reasonwatch::AddServe,
        reasonwatch::AddCheckConfig, reasonwatch::AddFeed,
        reasonwatch::AddEnvoy, reasonwatch::AddTaps, reasonwatch::AddRescore,
        reasonwatch::AddIncidents, reasonwatch::AddCompare})
    add(app, result);
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
