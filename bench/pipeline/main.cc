// SPDX-License-Identifier: Apache-2.0
// bench_pipeline [--quick] [--json FILE] [--only rates|stages|memory|ways]
//                [--collector FILE]
//
// Measures the cost of the whole pipeline beside the same server with a sink
// that drops every response, alternating in the same run; the cost of each part
// alone; the memory of 1,000 streams; and the cost of each way in, if asked for
// beside a program that receives the same OTLP. Exits 1 if a call failed or a
// response was dropped unexpectedly.
//
// Order: settling of a server, rates, memory, the table, Main.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "bench/pipeline/client.h"
#include "bench/pipeline/otlp.h"
#include "bench/pipeline/server.h"
#include "bench/pipeline/stages.h"
#include "bench/pipeline/ways.h"

namespace reasonwatch::bench {
namespace {

using Figures = std::vector<std::pair<std::string, double>>;

double Seconds() {
  return std::chrono::duration<double>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

// Sends a response to every stream from time to time until the server is idle
// in between: regressions are fitted beside the traffic.
void Settle(Client& client, ServerProcess& server, int streams, int first) {
  int quiet = 0;
  while (quiet < 5) {
    client.SendTo(first, streams, streams - first);
    const double before = server.Figures().cpu_us;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    quiet = server.Figures().cpu_us - before < 5000 ? quiet + 1 : 0;
  }
}

struct Rate {
  std::vector<double> per_second;
  std::vector<double> cpu_us;
};

void Measure(Client& client, ServerProcess& server, Mode mode, int64_t n,
             Rate& rate) {
  const ServerFigures before = server.Figures();
  const double begin = Seconds();
  client.Send(mode, n);
  const ServerFigures after = server.Figures();
  rate.per_second.push_back(static_cast<double>(n) / (Seconds() - begin));
  rate.cpu_us.push_back((after.cpu_us - before.cpu_us) /
                        static_cast<double>(n));
}

int64_t MeasureRates(bool quick, const std::string& folder, Figures& out) {
  const int streams = quick ? 4 : 20;
  const int rounds = quick ? 3 : 7;
  ServerProcess pipeline(
      {.trivial = false, .folder = folder, .streams = streams});
  ServerProcess trivial(
      {.trivial = true, .folder = folder, .streams = streams});
  Client to_pipeline(pipeline.port(), streams);
  Client to_trivial(trivial.port(), streams);
  to_pipeline.Send(Mode::kStream, streams * int64_t{2500});
  Settle(to_pipeline, pipeline, streams, 0);
  to_trivial.Send(Mode::kStream, 20000);

  std::printf("%-16s %12s %12s %7s %12s %12s\n", "", "raw /s", "pipeline /s",
              "ratio", "raw us", "pipeline us");
  for (const Mode mode : {Mode::kStream, Mode::kCorked, Mode::kUnary}) {
    const int64_t n = (mode == Mode::kUnary ? 20000 : 40000) / (quick ? 2 : 1);
    Rate raw;
    Rate full;
    for (int i = 0; i < rounds; ++i) {
      Measure(to_trivial, trivial, mode, n, raw);
      Measure(to_pipeline, pipeline, mode, n, full);
    }
    std::vector<double> ratios;
    for (size_t i = 0; i < raw.per_second.size(); ++i)
      ratios.push_back(full.per_second[i] / raw.per_second[i]);
    const std::string name(ModeName(mode));
    std::printf("%-16s %12.0f %12.0f %7.2f %12.2f %12.2f\n", name.c_str(),
                Median(raw.per_second), Median(full.per_second), Median(ratios),
                Median(raw.cpu_us), Median(full.cpu_us));
    std::fflush(stdout);
    out.emplace_back(name + ": raw responses/s", Median(raw.per_second));
    out.emplace_back(name + ": responses/s", Median(full.per_second));
    out.emplace_back(name + ": ratio to raw", Median(ratios));
    out.emplace_back(name + ": raw server CPU us", Median(raw.cpu_us));
    out.emplace_back(name + ": server CPU us", Median(full.cpu_us));
  }
  const ServerFigures end = pipeline.Figures();
  out.emplace_back("responses", static_cast<double>(end.accepted));
  out.emplace_back("dropped", static_cast<double>(end.dropped));
  out.emplace_back("waits for room in the queue",
                   static_cast<double>(end.waits));
  out.emplace_back(
      absl::StrFormat("database with %d warm streams, kB", streams),
      static_cast<double>(end.database_bytes) / 1000);
  return end.dropped;
}

int64_t MeasureMemory(bool quick, const std::string& folder, Figures& out) {
  const int streams = quick ? 200 : 1000;
  const int warm = quick ? 10 : 50;
  const int64_t warm_responses = quick ? 1000 : 3000;
  ServerProcess server(
      {.trivial = false, .folder = folder, .streams = streams});
  Client client(server.port(), streams, /*routes=*/10);
  const auto mib = [](int64_t kb) { return static_cast<double>(kb) / 1024; };
  const ServerFigures empty = server.Figures();
  out.emplace_back("resident at start, MiB", mib(empty.resident_kb));
  out.emplace_back("of that program and library files, MiB",
                   mib(empty.resident_kb - empty.anonymous_kb));
  client.SendTo(warm, streams, int64_t{20} * (streams - warm));
  std::this_thread::sleep_for(
      std::chrono::seconds(11));  // one checkpoint and one trim of the heap
  const ServerFigures cold = server.Figures();
  out.emplace_back(
      absl::StrFormat("resident with %d young streams, MiB", streams - warm),
      mib(cold.resident_kb));
  out.emplace_back("a young stream (20 responses), kB in use",
                   1.024 *
                       static_cast<double>(cold.in_use_kb - empty.in_use_kb) /
                       (streams - warm));
  client.SendTo(0, warm, warm_responses * warm);
  Settle(client, server, warm, 0);
  std::this_thread::sleep_for(std::chrono::seconds(11));
  const ServerFigures full = server.Figures();
  out.emplace_back(absl::StrFormat("resident with %d more, warm, MiB", warm),
                   mib(full.resident_kb));
  out.emplace_back(
      "a warm stream, kB in use",
      1.024 * static_cast<double>(full.in_use_kb - cold.in_use_kb) / warm);
  out.emplace_back("in use in all, MiB", mib(full.in_use_kb));
  out.emplace_back("peak while fitting, MiB", mib(full.peak_kb));
  out.emplace_back("database, MB",
                   static_cast<double>(full.database_bytes) / 1e6);
  out.emplace_back("dropped", static_cast<double>(full.dropped));
  return full.dropped;
}

void Print(const char* title, const Figures& figures) {
  std::printf("\n%s\n", title);
  for (const auto& [name, value] : figures)
    std::printf("  %-48s %12.2f\n", name.c_str(), value);
  std::fflush(stdout);
}

int Run(bool quick, const std::string& json, const std::string& only,
        const std::string& collector) {
  std::string scratch = std::filesystem::temp_directory_path() / "bench_XXXXXX";
  if (mkdtemp(scratch.data()) == nullptr) {
    std::perror("mkdtemp");
    return 1;
  }
  const auto folder = [&](const char* name) { return scratch + "/" + name; };
  int64_t dropped = 0;
  Figures stages;
  Figures rates;
  Figures memory;
  Figures ways;
  if (only.empty() || only == "stages") {
    stages = MeasureStages(quick, folder("stages"));
    for (auto& figure : MeasureOtlp(quick)) stages.push_back(std::move(figure));
    Print("parts, one thread", stages);
  }
  if (only.empty() || only == "rates") {
    dropped += MeasureRates(quick, folder("rates"), rates);
    Print("rates, client and server on one machine", rates);
  }
  if (only.empty() || only == "memory") {
    dropped += MeasureMemory(quick, folder("memory"), memory);
    Print("memory", memory);
  }
  // Not by default: it takes as long as all others.
  if (only == "ways") {
    dropped += MeasureWays(quick, folder("ways"), collector, ways);
    Print("ways in, server CPU us a response of 4 KB", ways);
  }
  std::filesystem::remove_all(scratch);
  if (!json.empty()) {
    std::ofstream out(json);
    const char* separator = "{\n";
    for (const auto& [section, figures] :
         {std::pair("stages", &stages), std::pair("rates", &rates),
          std::pair("memory", &memory), std::pair("ways", &ways)}) {
      out << separator << "  \"" << section << "\": {";
      const char* comma = "\n";
      for (const auto& [name, value] : *figures) {
        out << comma << absl::StrFormat("    \"%s\": %.3f", name, value);
        comma = ",\n";
      }
      out << "}";
      separator = ",\n";
    }
    out << "\n}\n";
    if (!out) {
      std::fprintf(stderr, "can't write %s\n", json.c_str());
      return 1;
    }
  }
  if (dropped > 0) std::fprintf(stderr, "%ld responses dropped\n", dropped);
  return dropped > 0 ? 1 : 0;
}

int Main(int argc, char** argv) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (argc == 5 && (std::strcmp(argv[1], "--serve") == 0 ||
                    std::strcmp(argv[1], "--serve-trivial") == 0)) {
    ServerOptions options;
    options.trivial = std::strcmp(argv[1], "--serve-trivial") == 0;
    options.folder = argv[2];
    options.streams = std::atoi(argv[3]);
    options.all_ways = std::strcmp(argv[4], "all") == 0;
    return RunServer(options);
  }
  bool quick = false;
  std::string json;
  std::string only;
  std::string collector;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument == "--quick") {
      quick = true;
    } else if (argument == "--json" && i + 1 < argc) {
      json = argv[++i];
    } else if (argument == "--only" && i + 1 < argc) {
      only = argv[++i];
    } else if (argument == "--collector" && i + 1 < argc) {
      collector = argv[++i];
    } else {
      std::fprintf(stderr,
                   "usage: bench_pipeline [--quick] [--json FILE] "
                   "[--only rates|stages|memory|ways] [--collector FILE]\n");
      return 2;
    }
  }
  return Run(quick, json, only, collector);
}

}  // namespace
}  // namespace reasonwatch::bench

int main(int argc, char** argv) { return reasonwatch::bench::Main(argc, argv); }
