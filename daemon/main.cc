// The commands of `reasonwatch`.
#include <CLI/CLI.hpp>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "core/version.h"
#include "daemon/commands/feed.h"
#include "daemon/commands/grade.h"
#include "daemon/commands/incidents.h"
#include "daemon/commands/replay.h"
#include "daemon/commands/rescore.h"
#include "daemon/commands/serve.h"
#include "daemon/commands/split.h"
#include "daemon/config.h"

namespace reasonwatch {
namespace {

int Fail(const absl::Status& status) {
  std::cerr << "reasonwatch: " << status.message() << "\n";
  return 1;
}

absl::StatusOr<Config> ConfigFrom(const std::string& path) {
  if (path.empty()) return DefaultConfig();
  return LoadConfig(path);
}

int RunReplay(const std::string& config_path, double mean_responses,
              const std::string& baseline, const std::string& live,
              const std::string& findings_path) {
  auto config = ConfigFrom(config_path);
  if (!config.ok()) return Fail(config.status());
  if (mean_responses > 0) {
    config->false_alarms.mean_responses = mean_responses;
  } else if (config_path.empty()) {
    config->false_alarms.mean_responses = 1e5;
  }
  std::ofstream findings(findings_path, std::ios::binary);
  if (!findings)
    return Fail(absl::NotFoundError("can't write " + findings_path));
  const auto report = Replay(*config, baseline, live, findings, std::cerr);
  if (!report.ok()) return Fail(report.status());
  std::cerr << "baseline " << report->baseline_rows << " rows, live "
            << report->live_rows << " rows, bad lines " << report->bad_lines
            << ", findings " << report->findings << "\n";
  return 0;
}

int RunServe(const std::string& config_path) {
  const auto config = ConfigFrom(config_path);
  if (!config.ok()) return Fail(config.status());
  const absl::Status status = Serve(*config, config_path);
  return status.ok() ? 0 : Fail(status);
}

int RunCheckConfig(const std::string& config_path) {
  const auto config = ConfigFrom(config_path);
  if (!config.ok()) return Fail(config.status());
  std::cout << PrintConfig(*config);
  return 0;
}

int RunFeed(const FeedOptions& options) {
  const auto report = Feed(options, std::cerr);
  if (!report.ok()) return Fail(report.status());
  std::cout << "sent " << report->sent << ", accepted " << report->accepted
            << ", dropped " << report->dropped << ", bad lines "
            << report->bad_lines << "\n";
  return 0;
}

// 2 = something was confirmed.
int RunRescoreCommand(const std::string& config_path,
                      const RescoreOptions& options) {
  const auto config = ConfigFrom(config_path);
  if (!config.ok()) return Fail(config.status());
  const auto report = RunRescore(*config, options, std::cout, std::cerr);
  if (!report.ok()) return Fail(report.status());
  return report->confirmed > 0 ? 2 : 0;
}

// The folder is the flag's, else the configuration's.
int RunIncidents(const std::string& config_path, std::string folder,
                 const std::function<absl::Status(const std::string&)>& run) {
  if (folder.empty()) {
    const auto config = ConfigFrom(config_path);
    if (!config.ok()) return Fail(config.status());
    folder = config->storage.path;
  }
  const absl::Status status = run(folder);
  return status.ok() ? 0 : Fail(status);
}

template <typename Run>
int OverLines(const std::string& in_path, const std::string& out_path,
              Run run) {
  std::ifstream in(in_path, std::ios::binary);
  if (!in) return Fail(absl::NotFoundError("can't open " + in_path));
  std::ofstream out(out_path, std::ios::binary);
  if (!out) return Fail(absl::NotFoundError("can't write " + out_path));
  const absl::Status status = run(in, out);
  return status.ok() ? 0 : Fail(status);
}

}  // namespace
}  // namespace reasonwatch

int main(int argc, char** argv) {
  using namespace reasonwatch;  // NOLINT(google-build-using-namespace)
  CLI::App app{"Watches the reasoning quality of language models."};
  app.require_subcommand(1);
  app.set_version_flag("--version", kVersion);
  // Debian's absl is built with a lock-order check that aborts; gRPC's own
  // locks are not ours to order.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  std::string config;
  int exit_code = 0;

  auto* replay = app.add_subcommand("replay", "run recorded responses");
  std::string baseline, live, findings;
  double mean_responses = 0;
  replay->add_option("--config", config, "configuration (YAML)");
  replay
      ->add_option("--mean-responses", mean_responses,
                   "accept one false incident in so many responses")
      ->check(CLI::PositiveNumber);
  replay->add_option("--baseline", baseline, "healthy responses (JSONL)")
      ->required();
  replay->add_option("--live", live, "responses to judge (JSONL)")->required();
  replay->add_option("--findings", findings, "where to write (JSONL)")
      ->required();
  replay->callback([&] {
    exit_code = RunReplay(config, mean_responses, baseline, live, findings);
  });

  std::string in_path, out_path;
  auto* grade = app.add_subcommand("grade", "grade answers against their gold");
  auto* split = app.add_subcommand("split", "split reasoning from answers");
  for (auto* command : {grade, split}) {
    command->add_option("--in", in_path, "JSONL")->required();
    command->add_option("--out", out_path, "JSONL")->required();
  }
  grade->callback([&] {
    exit_code = OverLines(in_path, out_path, [](auto& in, auto& out) {
      GradeCounts counts;
      return RunGrade(in, out, std::cerr, &counts);
    });
  });
  split->callback([&] {
    exit_code = OverLines(in_path, out_path, [](auto& in, auto& out) {
      return RunSplit(in, out, std::cerr);
    });
  });

  auto* serve = app.add_subcommand("serve", "run the daemon");
  serve->add_option("--config", config, "configuration (YAML)");
  serve->callback([&] { exit_code = RunServe(config); });

  auto* check = app.add_subcommand(
      "check-config", "validate a configuration and print what is in force");
  check->add_option("config,--config", config, "configuration (YAML)");
  check->callback([&] { exit_code = RunCheckConfig(config); });

  FeedOptions feed_options;
  feed_options.endpoint = "127.0.0.1:9095";
  auto* feed = app.add_subcommand("feed", "send recorded responses to a tap");
  feed->add_option("--endpoint", feed_options.endpoint,
                   "host:port or unix:PATH")
      ->capture_default_str();
  feed->add_option("--in", feed_options.in, "recorded responses (JSONL)")
      ->required();
  feed->add_option("--rate", feed_options.rate, "responses a second, 0 = all")
      ->check(CLI::NonNegativeNumber);
  feed->add_option("--first", feed_options.first, "row to begin with, from 1")
      ->check(CLI::PositiveNumber);
  feed->add_option("--count", feed_options.count, "rows at most, 0 = all")
      ->check(CLI::NonNegativeNumber);
  feed->add_flag("--recorded-times", feed_options.recorded_times,
                 "keep the recorded times instead of dating rows when sent");
  feed->add_flag("--unary", feed_options.unary, "one call a response");
  feed->add_flag("!--no-progress", feed_options.progress, "no progress bar");
  feed->callback([&] { exit_code = RunFeed(feed_options); });

  RescoreOptions rescore_options;
  auto* rescore = app.add_subcommand(
      "rescore", "ask the model again; exit status 2 = a loss was confirmed");
  rescore->add_option("--config", config, "configuration (YAML)")->required();
  rescore->add_option("problem", rescore_options.problems,
                      "ids of problems of the baseline");
  rescore->add_option("--incident", rescore_options.incident, "inc-...");
  rescore->add_flag("--json", rescore_options.json, "verdicts as JSON");
  rescore->add_flag("!--no-progress", rescore_options.progress,
                    "no progress bar");
  rescore->callback(
      [&] { exit_code = RunRescoreCommand(config, rescore_options); });

  auto* incidents = app.add_subcommand("incidents", "show what was found");
  incidents->require_subcommand(1);
  std::string folder, incident_id;
  bool open_only = false, as_json = false;
  int limit = 50;
  auto* list = incidents->add_subcommand("list", "newest first");
  auto* show = incidents->add_subcommand("show", "one incident with evidence");
  for (auto* command : {list, show}) {
    command->add_option("--config", config, "configuration (YAML)");
    command->add_option("--data", folder, "data folder");
  }
  list->add_flag("--open", open_only, "open ones only");
  list->add_option("--limit", limit)->check(CLI::PositiveNumber);
  show->add_option("id", incident_id, "inc-...")->required();
  show->add_flag("--json", as_json);
  list->callback([&] {
    exit_code = RunIncidents(config, folder, [&](const std::string& path) {
      return ListIncidents(path, open_only, limit, std::cout);
    });
  });
  show->callback([&] {
    exit_code = RunIncidents(config, folder, [&](const std::string& path) {
      return ShowIncident(path, incident_id, as_json, std::cout);
    });
  });

  CLI11_PARSE(app, argc, argv);
  return exit_code;
}
