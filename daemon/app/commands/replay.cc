// SPDX-License-Identifier: Apache-2.0
// Two inputs, one command: a baseline with the responses to judge, or the
// bundle of an incident, which has its own state, responses and configuration.
//
// In this order: the reports, the bundle, the two files, the flags.
#include "daemon/recordings/replay.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/version.h"
#include "daemon/api/incident_json.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/progress.h"
#include "daemon/app/settings.h"
#include "daemon/recordings/replay_bundle.h"
#include "util/input_file.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// Without a budget of the operator's, one false incident in so many responses
// of a stream.
constexpr double kDefaultMeanResponses = 1e5;

struct Flags {
  std::string config, baseline, live, findings, bundle;
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

std::string BundleJson(const Bundle& bundle, const BundleReplay& replay) {
  nlohmann::ordered_json json;
  json["verdict"] = replay.agrees() ? "agrees" : "differs";
  json["incident"] = bundle.incident;
  json["version"] = bundle.version;
  json["responses"] = bundle.take.rows.size();
  json["findings"] = nlohmann::ordered_json::array();
  for (const auto& [f, agrees] : replay.findings)
    json["findings"].push_back({{"signal", f.signal},
                                {"scope", f.scope},
                                {"channel", f.channel},
                                {"response_id", f.response_id},
                                {"agrees", agrees}});
  return json.dump(-1, ' ', false,
                   nlohmann::ordered_json::error_handler_t::replace);
}

std::string BundleText(const Bundle& bundle, const BundleReplay& replay) {
  std::string text = absl::StrFormat(
      "%s of %s, seen by %s: %d responses in numbers\n", bundle.incident,
      bundle.take.model, bundle.version, bundle.take.rows.size());
  for (const auto& [f, agrees] : replay.findings)
    absl::StrAppendFormat(
        &text, "  %s  %s (%s%s%s) by %s at response %s, evidence %.3g\n",
        agrees ? "agrees " : "differs", f.signal, f.scope,
        f.route.empty() && f.replica.empty() ? "" : " ",
        f.scope == "replica" ? f.replica : f.route, f.channel,
        f.response_id.empty() ? "-" : f.response_id, f.statistic);
  absl::StrAppend(&text, "verdict: ",
                  replay.agrees() ? "the replay agrees" : "the replay differs",
                  replay.agrees() || bundle.version == kVersion
                      ? ""
                      : absl::StrCat("; this is version ", kVersion),
                  "\n");
  return text;
}

// The replay of an incident's bundle under the configuration that is in it.
absl::StatusOr<ExitStatus> RunBundle(const Flags& flags) {
  if (!flags.baseline.empty() || !flags.live.empty() || !flags.config.empty())
    return UsageError(
        "--bundle has its own responses and configuration: it goes without "
        "--baseline, --live and --config");
  if (SameFile(flags.bundle, flags.findings))
    return UsageError("--findings would be written over " + flags.bundle);
  RW_ASSIGN_OR_RETURN(const Bundle bundle, ReadBundle(flags.bundle));
  RW_ASSIGN_OR_RETURN(
      const Config config,
      ParseConfig(bundle.config_yaml, "configuration of the bundle"));
  RW_ASSIGN_OR_RETURN(
      const BundleReplay replay,
      ReplayBundle(bundle, WatchOptionsOf(config), IncidentOptionsOf(config)));
  if (!flags.findings.empty())
    RW_RETURN_IF_ERROR(WriteFile(flags.findings, [&](std::ostream& findings) {
      for (const IncidentEvent& event : replay.events)
        findings << FindingLine(event) << "\n";
      return absl::OkStatus();
    }));
  std::cout << (flags.output == Output::kJson
                    ? BundleJson(bundle, replay) + "\n"
                    : BundleText(bundle, replay));
  return replay.agrees() ? ExitStatus::kDone : ExitStatus::kReplayFailed;
}

absl::Status Run(const Flags& flags) {
  for (const auto& [name, value] : {std::pair("--baseline", flags.baseline),
                                    {"--live", flags.live},
                                    {"--findings", flags.findings}})
    if (value.empty()) return UsageError(absl::StrCat(name, " is required"));
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
  command->add_option("--baseline", flags->baseline,
                      "healthy responses (JSONL)");
  command->add_option("--live", flags->live, "responses to judge (JSONL)");
  command->add_option("--findings", flags->findings, "where to write (JSONL)");
  command->add_option("--bundle", flags->bundle,
                      "an incident's bundle, instead of --baseline and --live");
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
    absl::StatusOr<ExitStatus> ended = ExitStatus::kDone;
    if (!flags->bundle.empty()) {
      ended = RunBundle(*flags);
    } else if (const absl::Status status = Run(*flags); !status.ok()) {
      ended = status;
    }
    if (ended.ok() || ExitStatusOf(ended.status()) == ExitStatus::kUsage)
      return ended;
    PrintError(ended.status());
    return ExitStatus::kReplayFailed;
  });
}

}  // namespace reasonwatch
