// SPDX-License-Identifier: Apache-2.0
// The hops of daemon/selftest/ over HTTP, from the outside, as a client and an
// operator see them.
#include "daemon/selftest/selftest.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "daemon/api/selftest_json.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/app/commands/daemon_client.h"
#include "daemon/app/selftest_ports.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

struct Flags {
  DaemonAddress daemon;
  SelfTestOptions test;
  double timeout_seconds = 180;
  double every_hours = 0;
  Output output = Output::kText;
};

// All rows, or the reason why not.
absl::Status SendRows(const DaemonAddress& daemon, const std::string& rows) {
  RW_ASSIGN_OR_RETURN(const std::string answer,
                      PostToDaemon(daemon, "/api/v1/responses?wait=true", rows,
                                   {"Content-Type: application/x-ndjson",
                                    "X-Reasonwatch-Origin: selftest"}));
  return AllTaken(answer, rows);
}

SelfTestPorts PortsOf(const Flags& flags) {
  SelfTestPorts ports;
  const DaemonAddress& daemon = flags.daemon;
  ports.forget = [&daemon] {
    return PostToDaemon(daemon, "/api/v1/selftest/forget", "").status();
  };
  ports.send = [&daemon](const std::string& rows) {
    return SendRows(daemon, rows);
  };
  ports.incidents = [&daemon] {
    return GetFromDaemon(daemon, "/api/v1/incidents?open=1&limit=1000");
  };
  ports.metrics = [&daemon] { return GetFromDaemon(daemon, "/metrics"); };
  ports.get = [&daemon](const std::string& url) {
    return GetForSelfTest(url, daemon.ca_file, /*stop=*/nullptr);
  };
  ports.now = [] { return absl::Now(); };
  ports.wait = [](absl::Duration duration) {
    absl::SleepFor(duration);
    return true;
  };
  return ports;
}

void PrintHop(const SelfTestHop& hop) {
  std::cout << absl::StrFormat("%-13s %8.2f s\n", hop.name,
                               absl::ToDoubleSeconds(hop.took))
            << std::flush;
}

void PrintEnd(const SelfTestResult& result) {
  if (!result.failed.empty())
    std::cout << absl::StrFormat("%-13s      cut: %s\n", result.failed,
                                 result.why);
  if (!result.cleaned.ok())
    std::cout << absl::StrFormat("the made-up model is still there: %s\n",
                                 std::string(result.cleaned.message()));
}

absl::StatusOr<ExitStatus> Run(Flags& flags) {
  flags.test.timeout = absl::Seconds(flags.timeout_seconds);
  const bool text = flags.output == Output::kText;
  const SelfTestResult result =
      RunSelfTest(flags.test, PortsOf(flags), [text](const SelfTestHop& hop) {
        if (text) PrintHop(hop);
      });
  const std::string json = SelfTestJson(result, absl::Hours(flags.every_hours));
  if (text) {
    PrintEnd(result);
  } else {
    std::cout << json << "\n";
  }
  // A daemon that can't be reached has been named already.
  if (const auto told =
          PostToDaemon(flags.daemon, "/api/v1/selftest/result", json);
      !told.ok() && result.passed())
    return told.status();
  return result.passed() ? ExitStatus::kDone : ExitStatus::kWorse;
}

}  // namespace

void AddSelfTest(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(
      "selftest",
      "send a made-up model that fails, and time each hop up to its alert");
  AddDaemonOptions(command, flags->daemon);
  command->add_option("--prometheus", flags->test.prometheus,
                      "http(s)://host:port; without it its hops are left out");
  command->add_option("--alertmanager", flags->test.alertmanager,
                      "http(s)://host:port; the same");
  command
      ->add_option("--receiver", flags->test.receiver,
                   "name of the receiver to which Alertmanager must deliver")
      ->needs("--alertmanager");
  command
      ->add_option("--timeout", flags->timeout_seconds,
                   "seconds that each hop may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command
      ->add_option("--every", flags->every_hours,
                   "hours after which the next run is expected, by a schedule "
                   "of yours: arms the alert on runs that stay away")
      ->check(CLI::Range(0.0, 8760.0));
  AddOutputOption(command, flags->output);
  OnGate(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
