// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "answers/command/command_grader.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/recordings/grade_lines.h"

namespace reasonwatch {
namespace {

struct Flags {
  std::string in, out;
  CommandGraderOptions grader;
  double seconds = 5;  // as grading.timeout
};

absl::Status Run(const Flags& flags) {
  CommandGraderOptions options = flags.grader;
  options.timeout = absl::Seconds(flags.seconds);
  CommandGrader own(options);
  GradeFunction ask;
  if (!options.command.empty()) {
    ask = [&own](auto id, auto kind, auto gold, auto answer) {
      return own.Ask(id, kind, gold, answer);
    };
  }
  return OverLines(flags.in, flags.out,
                   [&](std::istream& in, std::ostream& out) {
                     GradeCounts counts;
                     return RunGrade(in, out, std::cerr, &counts, ask);
                   });
}

}  // namespace

void AddGrade(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command =
      app.add_subcommand("grade", "grade answers against their gold");
  command->add_option("--in", flags->in, "JSONL")->required();
  command->add_option("--out", flags->out, "JSONL")->required();
  command->add_option("--command", flags->grader.command,
                      "own grader: JSON lines in and out, see docs/grading.md");
  command->add_option("--timeout", flags->seconds, "seconds an answer may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  OnRun(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
