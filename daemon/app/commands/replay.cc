// SPDX-License-Identifier: Apache-2.0
#include "daemon/recordings/replay.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "daemon/api/incident_json.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/progress.h"
#include "util/input_file.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// Without a budget of the operator's, one false incident in so many responses
// of a stream.
constexpr double kDefaultMeanResponses = 1e5;

struct Flags {
  std::string config, baseline, live, findings;
  std::string from = "reasonwatch";
  std::string baseline_from;
  std::string model;
  double mean_responses = 0;
  Output output = Output::kText;
};

std::string ReportJson(const ReplayReport& report) {
  nlohmann::ordered_json json;
  json["verdict"] =
      report.incidents.empty()
          ? report.unjudged == report.streams ? "cannot_tell" : "held"
          : "worse";
  json["baseline_rows"] = report.baseline_rows;
  json["live_rows"] = report.live_rows;
  json["bad_lines"] = report.bad_lines;
  json["findings"] = report.findings;
  json["streams"] = report.streams;
  json["unjudged_streams"] = report.unjudged;
  json["incidents"] = nlohmann::ordered_json::parse(
      IncidentsJson(report.incidents))["incidents"];
  return json.dump(-1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

absl::Status Run(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(Config config, ConfigFrom(flags.config));
  if (flags.mean_responses > 0) {
    config.false_alarms.mean_responses = flags.mean_responses;
  } else if (flags.config.empty()) {
    config.false_alarms.mean_responses = kDefaultMeanResponses;
  }
  for (const std::string& read : {flags.baseline, flags.live})
    if (SameFile(read, flags.findings))
      return UsageError("--findings would be written over " + read);
  const std::string& baseline_from =
      flags.baseline_from.empty() ? flags.from : flags.baseline_from;
  ReplayOptions options;
  options.baseline = flags.baseline;
  options.live = flags.live;
  options.baseline_from = *RecordFormatOf(baseline_from);
  options.from = *RecordFormatOf(flags.from);
  options.model = flags.model;
  RecordingSettings settings = RecordingSettingsOf(config, std::cerr);
  Progress progress(std::cerr, /*on=*/true);
  settings.on_rows = [&](std::string_view things, int64_t done, int64_t total) {
    return progress.Show(things, done, total);
  };
  return WriteFile(flags.findings, [&](std::ostream& findings) -> absl::Status {
    RW_ASSIGN_OR_RETURN(const ReplayReport report,
                        Replay(
                            options, settings,
                            [&](const IncidentEvent& event) {
                              findings << FindingLine(event) << "\n";
                            },
                            std::cerr));
    progress.Clear();
    std::cerr << "baseline " << report.baseline_rows << " rows, live "
              << report.live_rows << " rows, bad lines " << report.bad_lines
              << ", findings " << report.findings << "\n";
    if (flags.output == Output::kJson)
      std::cout << ReportJson(report) << "\n";
    else
      std::cerr << VerdictText(report);
    return absl::OkStatus();
  });
}

}  // namespace

void AddReplay(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand("replay", "run recorded responses");
  AddConfigOption(command, flags->config);
  command
      ->add_option("--mean-responses", flags->mean_responses,
                   "accept one false incident in so many responses")
      ->check(CLI::PositiveNumber);
  command
      ->add_option("--baseline", flags->baseline, "healthy responses (JSONL)")
      ->required();
  command->add_option("--live", flags->live, "responses to judge (JSONL)")
      ->required();
  command->add_option("--findings", flags->findings, "where to write (JSONL)")
      ->required();
  command->add_option("--from", flags->from, "what wrote the two files")
      ->check(CLI::IsMember(RecordFormatNames()))
      ->capture_default_str();
  command
      ->add_option("--baseline-from", flags->baseline_from,
                   "what wrote --baseline, where it is not --from")
      ->check(CLI::IsMember(RecordFormatNames()));
  command->add_option("--model", flags->model, "model of rows that name none");
  AddOutputOption(command, flags->output);
  OnGate(command, result, [flags]() -> absl::StatusOr<ExitStatus> {
    const absl::Status status = Run(*flags);
    if (status.ok()) return ExitStatus::kDone;
    PrintError(status);
    return ExitStatus::kReplayFailed;
  });
}

}  // namespace reasonwatch
