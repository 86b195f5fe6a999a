// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/recordings/split_lines.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

struct Flags {
  std::string in, out, config;
};

absl::Status Run(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigFrom(flags.config));
  return OverLines(flags.in, flags.out,
                   [&](std::istream& in, std::ostream& out) {
                     return RunSplit(
                         [&](const std::string& model) {
                           return FormatPolicyOf(config, model);
                         },
                         in, out, std::cerr);
                   });
}

}  // namespace

void AddSplit(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("split", "split reasoning from answers");
  command->add_option("--in", flags->in, "JSONL")->required();
  command->add_option("--out", flags->out, "JSONL")->required();
  AddConfigOption(command, flags->config);
  OnRun(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
