// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/compare.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/progress.h"
#include "daemon/app/settings.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

struct Flags {
  std::string a, b, config;
  std::string output = "text";
  std::string from = "reasonwatch";
  CompareOptions compare;
};

absl::StatusOr<ExitStatus> Run(Flags& flags) {
  if (!flags.config.empty()) {
    RW_ASSIGN_OR_RETURN(const Config config, LoadConfig(flags.config));
    flags.compare.grader =
        GraderOf(config, /*lasting=*/false, ReportGraderFailures(std::cerr));
  }
  flags.compare.from = *RecordFormatOf(flags.from);
  Progress progress(std::cerr, /*on=*/true);
  flags.compare.on_rows = [&](std::string_view things, int64_t done,
                              int64_t total) {
    return progress.Show(things, done, total);
  };
  RW_ASSIGN_OR_RETURN(const CompareReport report,
                      CompareFiles(flags.a, flags.b, flags.compare, std::cerr));
  std::cout << (flags.output == "json"    ? CompareJson(report)
                : flags.output == "junit" ? CompareJunit(report)
                                          : CompareText(report));
  switch (report.verdict) {
    case CompareVerdict::kRegressed:
      return ExitStatus::kWorse;
    case CompareVerdict::kCannotTell:
      return ExitStatus::kCannotTell;
    case CompareVerdict::kNoChange:
    case CompareVerdict::kNotRegressed:
      break;
  }
  return ExitStatus::kDone;
}

}  // namespace

void AddCompare(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(
      "compare",
      "two recordings of the same problems: has the second regressed? Exit "
      "status 0: no, 1: yes, 2: it could not be told, 3: a file can't be read");
  command->add_option("a", flags->a, "recorded responses before (JSONL)")
      ->required();
  command->add_option("b", flags->b, "recorded responses after (JSONL)")
      ->required();
  command->add_option("--config", flags->config,
                      "configuration (YAML), for a grader of your own");
  command->add_option("--from", flags->from, "format of the two files")
      ->check(CLI::IsMember(RecordFormatNames()))
      ->capture_default_str();
  const CLI::IsMember forms({"text", "json", "junit"});
  command
      ->add_option("--output", flags->output,
                   "for a person, JSON, or JUnit's XML")
      ->check(forms)
      ->capture_default_str();
  // The name that --output had before.
  command->add_option("--format", flags->output)->check(forms)->group("");
  command
      ->add_option("--min-drop", flags->compare.min_drop,
                   "smallest drop of the pass rate that counts, 0 to 1")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  command
      ->add_option("--max-ungraded", flags->compare.max_ungraded,
                   "answers that B may grade fewer than A and still be "
                   "judged")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  OnGate(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
