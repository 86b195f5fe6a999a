// SPDX-License-Identifier: Apache-2.0
// The command lines of `serve` and `check-config`.
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/serve.h"
#include "daemon/app/config/config_files.h"
#include "util/status_macros.h"

namespace reasonwatch {

void AddServe(CLI::App& app, ExitStatus& result) {
  const auto path = std::make_shared<std::string>();
  auto* command = app.add_subcommand("serve", "run the daemon");
  AddConfigOption(command, *path);
  OnRun(command, result, [path]() -> absl::Status {
    RW_ASSIGN_OR_RETURN(const Config config, ConfigFrom(*path));
    return Serve(config, *path);
  });
}

void AddCheckConfig(CLI::App& app, ExitStatus& result) {
  const auto path = std::make_shared<std::string>();
  const auto output = std::make_shared<Output>(Output::kText);
  const auto no_files = std::make_shared<bool>(false);
  auto* command = app.add_subcommand(
      "check-config", "validate a configuration and print what is in force");
  command->add_option("config,--config", *path, "configuration (YAML)");
  command->add_flag("--no-files", *no_files,
                    "do not open the files that it names: it is for another "
                    "machine");
  AddOutputOption(command, *output);
  OnRun(command, result, [path, output, no_files]() -> absl::Status {
    RW_ASSIGN_OR_RETURN(const Config config, ConfigFrom(*path));
    const Config shown = WithMaskedUrls(config);
    std::cout << (*output == Output::kJson ? ConfigJson(shown) + "\n"
                                           : PrintConfig(shown));
    for (const std::string& warning : OpenListeners(config))
      std::cerr << "reasonwatch: warning: " << warning << "\n";
    return *no_files ? absl::OkStatus() : CheckConfigFiles(config);
  });
}

}  // namespace reasonwatch
