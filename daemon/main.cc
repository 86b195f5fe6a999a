// The commands of `reasonwatch`.
#include <CLI/CLI.hpp>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "core/version.h"
#include "daemon/commands/baseline_cli.h"
#include "daemon/commands/baseline_expand.h"
#include "daemon/commands/baseline_match.h"
#include "daemon/commands/feed.h"
#include "daemon/commands/grade.h"
#include "daemon/commands/incidents.h"
#include "daemon/commands/replay.h"
#include "daemon/commands/rescore.h"
#include "daemon/commands/serve.h"
#include "daemon/commands/split.h"
#include "daemon/config.h"
#include "daemon/grader/command_grader.h"
#include "daemon/input_file.h"
#include "rescore/client/model_client.h"
#include "tap/jsonl/import.h"

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
              const std::string& findings_path,
              const std::string& baseline_from, const std::string& from) {
  auto config = ConfigFrom(config_path);
  if (!config.ok()) return Fail(config.status());
  if (mean_responses > 0) {
    config->false_alarms.mean_responses = mean_responses;
  } else if (config_path.empty()) {
    config->false_alarms.mean_responses = 1e5;
  }
  for (const std::string& read : {baseline, live})
    if (SameFile(read, findings_path))
      return Fail(absl::InvalidArgumentError(
          "--findings would be written over " + read));
  std::ofstream findings(findings_path, std::ios::binary);
  if (!findings)
    return Fail(absl::NotFoundError("can't write " + findings_path));
  const auto report =
      Replay(*config, baseline, live, findings, std::cerr,
             *RecordFormatOf(baseline_from.empty() ? from : baseline_from),
             *RecordFormatOf(from));
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

std::vector<std::string> RecordFormatNames() {
  std::vector<std::string> names;
  for (const auto& [name, format] : kRecordFormats) names.emplace_back(name);
  return names;
}

template <typename Run>
int OverLines(const std::string& in_path, const std::string& out_path,
              Run run) {
  auto in = OpenInput(in_path);
  if (!in.ok()) return Fail(in.status());
  if (SameFile(in_path, out_path))
    return Fail(absl::InvalidArgumentError(
        "--in and --out are the same file, " + in_path));
  std::ofstream out(out_path, std::ios::binary);
  if (!out) return Fail(absl::NotFoundError("can't write " + out_path));
  const absl::Status status = run(*in, out);
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
  std::string baseline, live, findings, from = "reasonwatch", baseline_from;
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
  replay->add_option("--from", from, "what wrote the two files")
      ->check(CLI::IsMember(RecordFormatNames()))
      ->capture_default_str();
  replay
      ->add_option("--baseline-from", baseline_from,
                   "what wrote --baseline, where it is not --from")
      ->check(CLI::IsMember(RecordFormatNames()));
  replay->callback([&] {
    exit_code = RunReplay(config, mean_responses, baseline, live, findings,
                          baseline_from, from);
  });

  std::string in_path, out_path;
  auto* grade = app.add_subcommand("grade", "grade answers against their gold");
  auto* split = app.add_subcommand("split", "split reasoning from answers");
  for (auto* command : {grade, split}) {
    command->add_option("--in", in_path, "JSONL")->required();
    command->add_option("--out", out_path, "JSONL")->required();
  }
  CommandGraderOptions grader_options;
  double grader_seconds = 5;
  grade->add_option("--command", grader_options.command,
                    "own grader: JSON lines in and out, see docs/grading.md");
  grade->add_option("--timeout", grader_seconds, "seconds an answer may take")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  grade->callback([&] {
    grader_options.timeout = absl::Seconds(grader_seconds);
    CommandGrader own(grader_options);
    GradeFunction ask;
    if (!grader_options.command.empty()) {
      ask = [&own](auto id, auto kind, auto gold, auto answer) {
        return own.Ask(id, kind, gold, answer);
      };
    }
    exit_code = OverLines(in_path, out_path, [&](auto& in, auto& out) {
      GradeCounts counts;
      return RunGrade(in, out, std::cerr, &counts, ask);
    });
  });
  split->add_option("--config", config, "configuration (YAML)");
  split->callback([&] {
    exit_code = OverLines(in_path, out_path, [&](auto& in, auto& out) {
      const auto settings = ConfigFrom(config);
      if (!settings.ok()) return settings.status();
      return RunSplit(*settings, in, out, std::cerr);
    });
  });

  CLI::App* stored = AddBaselineCommands(
      app, exit_code, [](const BaselineRecordOptions& options) {
        ModelClientOptions client;
        client.endpoint = options.endpoint;
        client.served_model = options.served_model;
        client.api_key_file = options.api_key_file;
        client.ca_file = options.ca_file;
        return OpenModelClient(std::move(client));
      });
  std::string baseline_path;
  auto* match = stored->add_subcommand(
      "match", "which problem of a baseline each prompt asks");
  match->add_option("--baseline", baseline_path, "recorded responses (JSONL)")
      ->required();
  match->add_option("--in", in_path, "JSONL with prompt or messages")
      ->required();
  match->add_option("--out", out_path, "JSONL")->required();
  match->callback([&] {
    exit_code = OverLines(in_path, out_path, [&](auto& in, auto& out) {
      MatchCounts counts;
      const absl::Status status =
          RunBaselineMatch(baseline_path, in, out, std::cerr, &counts);
      if (status.ok())
        std::cerr << counts.problems << " problems, " << counts.rows
                  << " prompts: " << counts.exact << " exact, " << counts.near
                  << " near, " << counts.bad_lines << " bad lines\n";
      return status;
    });
  });

  ExpandOptions expand_options;
  auto* expand = stored->add_subcommand(
      "expand", "draw instances of problem templates, with their answers");
  expand->add_option("--templates", expand_options.templates,
                     "own templates (JSONL) instead of the built-in ones");
  expand->add_option("--template", expand_options.names,
                     "template or family, repeatable; all by default");
  expand
      ->add_option("--count", expand_options.count,
                   "instances of each template")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  expand->add_option("--seed", expand_options.seed, "of the first instance")
      ->capture_default_str();
  expand->add_option("--model", expand_options.model, "model of the rows")
      ->capture_default_str();
  expand->add_option("--out", out_path, "JSONL")->required();
  expand->callback([&] {
    std::ofstream out(out_path, std::ios::binary);
    const auto written = out ? ExpandBaseline(expand_options, out)
                             : absl::StatusOr<int64_t>(absl::NotFoundError(
                                   "can't write " + out_path));
    if (written.ok())
      std::cerr << *written << " instances written to " << out_path << "\n";
    exit_code = written.ok() ? 0 : Fail(written.status());
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
  rescore->add_option_function<std::string>(
      "--wait",
      [&](const std::string& text) {
        if (!absl::ParseDuration(text, &rescore_options.wait) ||
            rescore_options.wait <= absl::ZeroDuration())
          throw CLI::ValidationError("--wait", "not a time like 15m: " + text);
      },
      "give up where nothing is answered for so long [15m]");
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

  AddCompareCommand(app, exit_code);

  CLI11_PARSE(app, argc, argv);
  // A full disk behind standard output shows here at last.
  if (!std::cout.flush() && exit_code == 0)
    exit_code = Fail(absl::DataLossError("can't write to standard output"));
  return exit_code;
}
