// SPDX-License-Identifier: Apache-2.0
#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "daemon/recordings/read_lines.h"
#include "util/input_file.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

struct Flags {
  std::string in, out, config, model;
  std::string output = "json";
  bool body = false;
};

// All of `in` as the body of one response.
absl::Status ReadBody(const Config& config, const std::string& model,
                      std::istream& in, std::ostream& out) {
  Response response;
  response.model = model;
  response.body.assign(std::istreambuf_iterator<char>(in), {});
  response.body_type = BodyType::kJson;
  if (response.body.empty()) return absl::InvalidArgumentError("no body");
  WriteReading(response, FormatPolicyOf(config, model), out);
  return absl::OkStatus();
}

absl::Status Run(const Flags& flags) {
  RW_ASSIGN_OR_RETURN(const Config config, ConfigFrom(flags.config));
  const auto run = [&](std::istream& in, std::ostream& out) {
    if (flags.body) return ReadBody(config, flags.model, in, out);
    return RunRead(
        [&](const std::string& model) { return FormatPolicyOf(config, model); },
        flags.output == "text", in, out, std::cerr);
  };
  if (!flags.in.empty() && !flags.out.empty())
    return OverLines(flags.in, flags.out, run);
  std::ifstream file;
  if (!flags.in.empty()) {
    RW_ASSIGN_OR_RETURN(file, OpenInput(flags.in));
  }
  std::istream& in = flags.in.empty() ? std::cin : file;
  if (flags.out.empty()) return run(in, std::cout);
  return WriteFile(flags.out, [&](std::ostream& out) { return run(in, out); });
}

}  // namespace

void AddRead(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command =
      app.add_subcommand("read", "show what is made of recorded responses");
  command->add_option("--in", flags->in,
                      "recorded responses (JSONL); else standard input");
  command->add_option("--out", flags->out, "JSONL; else standard output");
  command->add_option("--output", flags->output, "for a person, or JSONL")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->add_flag_callback("--text", [flags] { flags->output = "text"; })
      ->group("");
  auto* body = command->add_flag("--body", flags->body,
                                 "the input is one response body of any API");
  command
      ->add_option("--model", flags->model,
                   "model that sent the body, by which its format is found")
      ->needs(body);
  AddConfigOption(command, flags->config);
  OnRun(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
