// SPDX-License-Identifier: Apache-2.0
// `reasonwatch init`: a commented configuration for one way in. The parts are
// texts; the way in is the one that differs.
#include <CLI/CLI.hpp>
#include <array>
#include <filesystem>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_format.h"
#include "daemon/app/commands/command_line.h"
#include "daemon/app/commands/commands.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

struct WayIn {
  std::string_view name;
  std::string_view text;  // the section `tap`
};

constexpr std::array<WayIn, 5> kWays = {{
    {"grpc", R"(# A program of your own sends each response: a client of
# proto/reasonwatch/v1/tap.proto, or `reasonwatch feed --in FILE.jsonl`.
tap:
  grpc:
    listen: 127.0.0.1:9095  # host:port
    # unix: /run/reasonwatch/tap.sock  # or a socket, for programs on this machine
    # Before you open the port to other machines, see SECURITY.md:
    # tls: {cert: server.pem, key: server.key, client_ca: clients.pem}
    # token_file: token     # clients then send it as a bearer token
)"},
    {"envoy",
     R"(# An Envoy before the model server shows each exchange, and never waits:
#   reasonwatch envoy --upstream http://127.0.0.1:8000 --listen 127.0.0.1:8081 --run
# Point the clients at it: OPENAI_BASE_URL=http://127.0.0.1:8081/v1
tap:
  grpc:
    listen: 127.0.0.1:9095  # Envoy connects here
  ext_proc:
    enabled: true
  # Which share of the served requests was seen, by Envoy's own counters. Start it
  # with --admin 127.0.0.1:9901 for this:
  # coverage:
  #   targets:
  #     - url: http://127.0.0.1:9901/stats/prometheus
)"},
    {"otlp",
     R"(# Instrumented clients and gateways export spans (OpenTelemetry's GenAI
# conventions, OpenInference, OpenLLMetry, LiteLLM and others):
#   export OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318
# Let the instrumentation capture content, or only counts are watched.
tap:
  otlp:
    grpc: 127.0.0.1:4317
    http: 127.0.0.1:4318
    # join_wait: 10s        # how long a span waits for its log records
)"},
    {"http",
     R"(# A log shipper or a script posts responses to the port of http.listen below:
#   curl -H 'Content-Type: application/json' \
#        --data-binary @responses.jsonl http://127.0.0.1:9096/api/v1/responses
# LiteLLM posts to /api/v1/litellm, and the Python package to the same port.
tap:
  http:
    enabled: true
)"},
    {"files",
     R"(# Files of recorded responses, a line each, are followed as they grow.
tap:
  files:
    - path: /var/log/llm/*.jsonl  # a file, or a pattern
      format: reasonwatch   # or openai-batch, litellm, langfuse, lm-eval
      # model: my-model     # of rows that name none
)"},
}};

constexpr char kHead[] =
    R"(# Reasonwatch, with responses that come in by: %s
# Check it with `reasonwatch check-config --config FILE`, start it with
# `reasonwatch serve --config FILE`. Every key with its default is in
# `reasonwatch check-config` and in deploy/reasonwatch.yaml.

)";

constexpr char kRest[] = R"(
# Metrics for Prometheus, health, the page and the API.
http:
  listen: 127.0.0.1:9096

# The database: references, incidents, imported problems. No text of your traffic.
storage:
  path: %s
  max_size: 1GiB
  retention: 90d

# How many incidents may be false, over all streams. The thresholds follow from it.
false_alarms:
  critical_per_30_days: 1
  warning_per_30_days: 4

# Without a baseline a stream only warns until it has 2,000 responses over 7 days.
# As many recorded healthy responses, best with problems and their answers, end that at
# once; so does `reasonwatch baseline import FILE`. Fewer begin the reference.
# baseline:
#   path: healthy.jsonl

# To ask the model again before an incident becomes critical. This needs problems
# with answers (see above).
# rescore:
#   endpoint: http://127.0.0.1:8000

# Receives confirmed incidents, beside the alerts of Prometheus.
# webhook:
#   url: https://example.com/hook
#   secret_file: /etc/reasonwatch/webhook.key  # signs each message
)";

struct Flags {
  std::string way, out, data = "data";
  bool force = false;
};

std::vector<std::string> WayNames() {
  std::vector<std::string> names;
  names.reserve(kWays.size());
  for (const WayIn& way : kWays) names.emplace_back(way.name);
  return names;
}

absl::Status Run(const Flags& flags) {
  std::string_view tap;
  for (const WayIn& way : kWays)
    if (way.name == flags.way) tap = way.text;
  // A path that YAML would read otherwise is refused, not quoted.
  if (flags.data.empty() ||
      flags.data.find_first_of(":#\"'\\\n{}[]&*!|>%@` ") != std::string::npos)
    return UsageError("--data: a folder without spaces and special characters");
  const auto write = [&](std::ostream& out) {
    out << absl::StrFormat(kHead, flags.way) << tap
        << absl::StrFormat(kRest, flags.data);
    return absl::OkStatus();
  };
  if (flags.out.empty()) return write(std::cout);
  if (!flags.force && std::filesystem::exists(flags.out))
    return UsageError(flags.out + " exists; --force writes over it");
  RW_RETURN_IF_ERROR(WriteFile(flags.out, write));
  std::cerr << flags.out << " is written. Next: reasonwatch serve --config "
            << flags.out << "\n";
  return absl::OkStatus();
}

}  // namespace

void AddInit(CLI::App& app, ExitStatus& result) {
  const auto flags = std::make_shared<Flags>();
  auto* command = app.add_subcommand(
      "init", "write a commented configuration for one way in");
  command
      ->add_option("way", flags->way,
                   "the way by which responses come: grpc, envoy, otlp, http "
                   "or files")
      ->required()
      ->check(CLI::IsMember(WayNames()));
  command->add_option("--out", flags->out, "file; default: standard output");
  command->add_option("--data", flags->data, "folder of the database")
      ->capture_default_str();
  command->add_flag("--force", flags->force, "write over an existing file");
  OnRun(command, result, [flags] { return Run(*flags); });
}

}  // namespace reasonwatch
