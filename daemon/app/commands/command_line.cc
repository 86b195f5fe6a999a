// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/command_line.h"

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <map>
#include <utility>

#include "daemon/app/commands/output_file.h"
#include "daemon/app/commands/progress.h"
#include "daemon/app/settings.h"
#include "tap/jsonl/import.h"
#include "util/input_file.h"
#include "util/status_macros.h"

namespace reasonwatch {

void OnRun(CLI::App* command, ExitStatus& result,
           std::function<absl::Status()> run) {
  OnGate(command, result,
         [run = std::move(run)]() -> absl::StatusOr<ExitStatus> {
           RW_RETURN_IF_ERROR(run());
           return ExitStatus::kDone;
         });
}

void OnGate(CLI::App* command, ExitStatus& result,
            std::function<absl::StatusOr<ExitStatus>()> run) {
  command->callback([run = std::move(run), &result] {
    const absl::StatusOr<ExitStatus> status = run();
    if (!status.ok()) PrintError(status.status());
    result = status.ok() ? *status : ExitStatusOf(status.status());
  });
}

void PrintError(const absl::Status& status) {
  std::cerr << "reasonwatch: " << status.message() << "\n";
}

void AddConfigOption(CLI::App* command, std::string& path) {
  command->add_option("--config", path, "configuration (YAML)");
}

absl::StatusOr<Config> ConfigFrom(const std::string& path) {
  if (path.empty()) return DefaultConfig();
  return LoadConfig(path);
}

RecordingSettings RecordingSettingsOf(const Config& config,
                                      std::ostream& messages) {
  RecordingSettings settings;
  settings.profile_of = [&config](const std::string& model) {
    return ProfileOf(config, model);
  };
  settings.watch = WatchOptionsOf(config);
  settings.incidents = IncidentOptionsOf(config);
  settings.grader =
      GraderOf(config, /*lasting=*/false, ReportGraderFailures(messages));
  return settings;
}

void AddOutputOption(CLI::App* command, Output& output) {
  // The help shows the names alone.
  static const std::map<std::string, Output> kNames = {{"text", Output::kText},
                                                       {"json", Output::kJson}};
  command
      ->add_option_function<std::string>(
          "--output",
          [&output](const std::string& name) { output = kNames.at(name); },
          "for a person, or JSON")
      ->check(CLI::IsMember({"text", "json"}))
      ->default_str("text");
  command->add_flag_callback("--json", [&output] { output = Output::kJson; })
      ->group("");
}

std::vector<std::string> RecordFormatNames() {
  std::vector<std::string> names;
  names.reserve(kRecordFormats.size());
  for (const auto& [name, format] : kRecordFormats) names.emplace_back(name);
  return names;
}

absl::Status WriteFile(
    const std::string& path,
    const std::function<absl::Status(std::ostream&)>& write) {
  OutputFile out(path);
  RW_RETURN_IF_ERROR(out.status());
  RW_RETURN_IF_ERROR(write(out.stream()));
  return out.Commit();
}

absl::Status OverLines(
    const std::string& in_path, const std::string& out_path,
    const std::function<absl::Status(std::istream&, std::ostream&)>& run) {
  RW_ASSIGN_OR_RETURN(std::ifstream in, OpenInput(in_path));
  if (SameFile(in_path, out_path))
    return UsageError("--in and --out are the same file, " + in_path);
  return WriteFile(out_path, [&](std::ostream& out) -> absl::Status {
    Progress progress(std::cerr, /*on=*/true);
    LineMeter meter(*in.rdbuf(), LinesOf(in_path), progress);
    std::istream lines(&meter);
    const absl::Status status = run(lines, out);
    RW_RETURN_IF_ERROR(meter.status());
    return status;
  });
}

}  // namespace reasonwatch
