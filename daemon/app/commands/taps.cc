// SPDX-License-Identifier: Apache-2.0
// The daemon's metrics say all of it; this command puts them side by side: by
// source, what came and what was refused and why; by model, how much of it was
// read and had reasoning.
//
// In order: sums over labels, the tables, the flags.
#include "daemon/app/commands/taps.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/daemon_client.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// "queue_full 3, invalid 1" of the series with these labels.
std::string ReasonsText(const MetricValues& values, const std::string& name,
                        const MetricLabels& with) {
  std::string text;
  for (const std::string& reason : LabelValues(values, name, "reason")) {
    MetricLabels labels = with;
    labels["reason"] = reason;
    if (const double n = SumOf(values, name, labels); n > 0)
      text += absl::StrFormat("%s%s %.0f", text.empty() ? "" : ", ", reason, n);
  }
  return text.empty() ? "-" : text;
}

std::string Percent(double part, double whole) {
  return whole > 0 ? absl::StrFormat("%.1f %%", 100 * part / whole) : "-";
}

std::string SourcesText(const MetricValues& now, const MetricValues& before,
                        absl::Duration since) {
  constexpr char kRecords[] = "reasonwatch_tap_records_total";
  constexpr char kDropped[] = "reasonwatch_tap_dropped_total";
  constexpr char kErrors[] = "reasonwatch_tap_errors_total";
  std::string text =
      absl::StrFormat("%-14s %10s %10s %9s  %-26s %s\n", "source", "received",
                      "accepted", "a second", "refused", "errors");
  for (const std::string& source : LabelValues(now, kRecords, "source")) {
    const MetricLabels with = {{"source", source}};
    const double records = SumOf(now, kRecords, with);
    const double rate = since > absl::ZeroDuration()
                            ? (records - SumOf(before, kRecords, with)) /
                                  absl::ToDoubleSeconds(since)
                            : 0;
    text += absl::StrFormat(
        "%-14s %10.0f %10.0f %9.1f  %-26s %s\n", source, records,
        records - SumOf(now, kDropped, with), std::max(rate, 0.0),
        ReasonsText(now, kDropped, with), ReasonsText(now, kErrors, with));
  }
  return text;
}

std::string ModelsText(const MetricValues& now) {
  constexpr char kResponses[] = "reasonwatch_responses_total";
  constexpr char kEmpty[] = "reasonwatch_zero_thinking_responses_total";
  std::string text =
      absl::StrFormat("%-30s %10s %16s %11s %9s\n", "model", "scored",
                      "with reasoning", "unreadable", "not live");
  for (const std::string& model : LabelValues(now, kResponses, "model")) {
    const auto outcome = [&](const char* name) {
      return SumOf(now, kResponses, {{"model", model}, {"outcome", name}});
    };
    const double scored = outcome("scored");
    const double with_reasoning =
        scored - SumOf(now, kEmpty, {{"model", model}});
    text += absl::StrFormat("%-30s %10.0f %16s %11.0f %9.0f\n", model, scored,
                            Percent(with_reasoning, scored),
                            outcome("unreadable"), outcome("not_live"));
  }
  return text;
}

// The targets whose counters are compared with ours, one a line.
std::string CoverageText(const MetricValues& now) {
  constexpr char kLooks[] = "reasonwatch_tap_coverage_looks_total";
  constexpr char kRatio[] = "reasonwatch_tap_coverage_ratio";
  std::string text;
  for (const std::string& target : LabelValues(now, kLooks, "target")) {
    const MetricLabels with = {{"target", target}};
    const bool known = LabelValues(now, kRatio, "target").contains(target);
    const double failed =
        SumOf(now, kLooks, {{"target", target}, {"outcome", "failed"}});
    text += absl::StrFormat(
        "\nseen of what %s served: %s%s\n", target,
        known ? Percent(SumOf(now, kRatio, with), 1) : "not known yet",
        failed > 0 ? absl::StrFormat(" (%.0f looks failed)", failed) : "");
  }
  return text;
}

nlohmann::ordered_json ReasonsJson(const MetricValues& values,
                                   const std::string& name,
                                   const MetricLabels& with) {
  auto json = nlohmann::ordered_json::object();
  for (const std::string& reason : LabelValues(values, name, "reason")) {
    MetricLabels labels = with;
    labels["reason"] = reason;
    if (const double n = SumOf(values, name, labels); n > 0) json[reason] = n;
  }
  return json;
}

struct TapsFlags {
  DaemonAddress daemon;
  double interval = 2;
  bool once = false;
  Output output = Output::kText;
};

absl::Status RunTaps(const TapsFlags& flags) {
  MetricValues before;
  absl::Time last = absl::InfinitePast();
  while (true) {
    const absl::Time time = absl::Now();
    RW_ASSIGN_OR_RETURN(const std::string metrics,
                        GetFromDaemon(flags.daemon, "/metrics"));
    MetricValues now = ReadMetrics(metrics);
    const bool first = last == absl::InfinitePast();
    if (flags.output == Output::kJson)
      std::cout << TapsJson(now) << std::endl;
    else
      std::cout << (first ? "" : "\n")
                << TapsText(now, before,
                            first ? absl::ZeroDuration() : time - last)
                << std::flush;
    if (flags.once || !std::cout) return absl::OkStatus();
    before = std::move(now);
    last = time;
    absl::SleepFor(absl::Seconds(flags.interval));
  }
}

}  // namespace

std::string TapsText(const MetricValues& now, const MetricValues& before,
                     absl::Duration since) {
  std::string text = SourcesText(now, before, since) + "\n" + ModelsText(now);
  const std::string lost =
      ReasonsText(now, "reasonwatch_stage_dropped_total", MetricLabels());
  if (lost != "-") text += "\nleft out behind the taps: " + lost + "\n";
  return text + CoverageText(now);
}

std::string TapsJson(const MetricValues& now) {
  using Json = nlohmann::ordered_json;
  constexpr char kRecords[] = "reasonwatch_tap_records_total";
  constexpr char kResponses[] = "reasonwatch_responses_total";
  Json out;
  out["sources"] = Json::array();
  for (const std::string& source : LabelValues(now, kRecords, "source")) {
    const MetricLabels with = {{"source", source}};
    out["sources"].push_back(
        {{"source", source},
         {"received", SumOf(now, kRecords, with)},
         {"refused", ReasonsJson(now, "reasonwatch_tap_dropped_total", with)},
         {"errors", ReasonsJson(now, "reasonwatch_tap_errors_total", with)}});
  }
  out["models"] = Json::array();
  for (const std::string& model : LabelValues(now, kResponses, "model")) {
    Json one = {{"model", model}};
    for (const char* outcome : {"scored", "unreadable", "not_live"})
      one[outcome] =
          SumOf(now, kResponses, {{"model", model}, {"outcome", outcome}});
    one["without_reasoning"] = SumOf(
        now, "reasonwatch_zero_thinking_responses_total", {{"model", model}});
    out["models"].push_back(std::move(one));
  }
  out["left_out"] =
      ReasonsJson(now, "reasonwatch_stage_dropped_total", MetricLabels());
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

void AddTaps(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<TapsFlags>();
  auto* command = app.add_subcommand(
      "taps", "show live what comes in from where, and what was refused");
  AddDaemonOptions(command, flags->daemon);
  command
      ->add_option("--interval", flags->interval, "seconds between two looks")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--once", flags->once, "look once and end");
  AddOutputOption(command, flags->output);
  OnRun(command, result, [flags] { return RunTaps(*flags); });
}

}  // namespace reasonwatch
