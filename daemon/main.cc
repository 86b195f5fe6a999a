// The commands of `reasonwatch`.
#include <CLI/CLI.hpp>
#include <fstream>
#include <functional>
#include <iostream>
#include <string>

#include "absl/status/status.h"
#include "daemon/commands/grade.h"
#include "daemon/commands/replay.h"
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

  CLI11_PARSE(app, argc, argv);
  return exit_code;
}
