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
#include <set>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "rescore/client/http.h"
#include "util/secret.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

std::set<std::string> LabelsOf(const MetricValues& values,
                               const std::string& name,
                               const std::string& label) {
  std::set<std::string> found;
  if (const auto metric = values.find(name); metric != values.end())
    for (const auto& [labels, value] : metric->second)
      if (const auto it = labels.find(label); it != labels.end())
        found.insert(it->second);
  return found;
}

// "queue_full 3, invalid 1" of the series with these labels.
std::string ReasonsText(const MetricValues& values, const std::string& name,
                        const MetricLabels& with) {
  std::string text;
  for (const std::string& reason : LabelsOf(values, name, "reason")) {
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
  for (const std::string& source : LabelsOf(now, kRecords, "source")) {
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
  for (const std::string& model : LabelsOf(now, kResponses, "model")) {
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
  for (const std::string& target : LabelsOf(now, kLooks, "target")) {
    const MetricLabels with = {{"target", target}};
    const bool known = LabelsOf(now, kRatio, "target").contains(target);
    const double failed =
        SumOf(now, kLooks, {{"target", target}, {"outcome", "failed"}});
    text += absl::StrFormat(
        "\nseen of what %s served: %s%s\n", target,
        known ? Percent(SumOf(now, kRatio, with), 1) : "not known yet",
        failed > 0 ? absl::StrFormat(" (%.0f looks failed)", failed) : "");
  }
  return text;
}

struct TapsFlags {
  std::string url = "http://127.0.0.1:9096";  // http.listen by default
  std::string token_file;
  std::string ca_file;
  double interval = 2;
  bool once = false;
};

absl::StatusOr<MetricValues> Scrape(const TapsFlags& flags,
                                    const std::string& token) {
  HttpRequest request;
  request.url = flags.url + "/metrics";
  request.ca_file = flags.ca_file;
  request.timeout = absl::Seconds(10);
  request.max_body_bytes = int64_t{64} << 20;
  if (!token.empty())
    request.headers.push_back("Authorization: Bearer " + token);
  const HttpResult result = Exchange(request);
  if (result.failure.has_value())
    return absl::UnavailableError(
        absl::StrFormat("no daemon at %s", flags.url));
  if (result.reply.status != 200)
    return absl::UnavailableError(
        absl::StrFormat("%s/metrics: HTTP %d", flags.url, result.reply.status));
  return ReadMetrics(result.reply.body);
}

absl::Status RunTaps(const TapsFlags& flags) {
  std::string token;
  if (!flags.token_file.empty()) {
    RW_ASSIGN_OR_RETURN(token, ReadSecret(flags.token_file));
  }
  MetricValues before;
  absl::Time last = absl::InfinitePast();
  while (true) {
    const absl::Time time = absl::Now();
    RW_ASSIGN_OR_RETURN(MetricValues now, Scrape(flags, token));
    const bool first = last == absl::InfinitePast();
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

void AddTaps(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<TapsFlags>();
  auto* command = app.add_subcommand(
      "taps", "show live what comes in from where, and what was refused");
  command->add_option("--url", flags->url, "the daemon's HTTP port")
      ->capture_default_str();
  command->add_option("--token-file", flags->token_file,
                      "file with the port's bearer token");
  command->add_option("--ca-file", flags->ca_file, "PEM file of its authority");
  command
      ->add_option("--interval", flags->interval, "seconds between two looks")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_flag("--once", flags->once, "look once and end");
  OnRun(command, result, [flags] { return RunTaps(*flags); });
}

}  // namespace reasonwatch
