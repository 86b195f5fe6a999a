// SPDX-License-Identifier: Apache-2.0
// A server for the benchmark: the product's parts behind the gRPC tap, or
// behind all taps, in a process whose CPU time and memory are read from /proc.
//
// Order: figures of the process, PacedSink, the taps and the HTTP port of one
// of them, the loop that answers lines, the two servers (whole pipeline,
// dropping sink), and ServerProcess, by which the client starts and questions a
// server.
#include "bench/pipeline/server.h"

#include <fcntl.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cinttypes>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <thread>
#include <vector>

#include "daemon/api/server.h"
#include "daemon/app/config/config.h"
#include "daemon/app/log.h"
#include "daemon/app/pipeline_log.h"
#include "daemon/app/pipeline_metrics.h"
#include "daemon/app/settings.h"
#include "daemon/pipeline/shards.h"
#include "daemon/pipeline/snapshot_board.h"
#include "daemon/telemetry/telemetry.h"
#include "evaluator/standard_evaluator.h"
#include "storage/sqlite_store.h"
#include "tap/builtin.h"

namespace reasonwatch::bench {
namespace {

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  // Not exit(): threads may still run.
  std::_Exit(1);
}

class DroppingSink : public TapSink {
 public:
  TapOutcome Offer(Response&&, int64_t) override { return {}; }
};

// Makes the tap's thread wait while the queues are half full, so that gRPC's
// flow control slows the client down and the measured rate is one at which
// nothing is dropped. The daemon itself never waits.
class PacedSink : public TapSink {
 public:
  explicit PacedSink(Shards& shards) : shards_(shards) {}

  TapOutcome Offer(Response&& response, int64_t bytes) override {
    if (offered_.fetch_add(1) % 64 == 63) {
      while (shards_.Queued() > kMostQueued) {
        ++waits_;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    }
    return shards_.Offer(std::move(response), bytes);
  }
  int64_t waits() const { return waits_; }

 private:
  static constexpr int64_t kMostQueued = 2000;  // half of the queues' room
  Shards& shards_;
  std::atomic<int64_t> offered_ = 0;
  std::atomic<int64_t> waits_ = 0;
};

int64_t StatusKb(const char* key) {
  std::ifstream status("/proc/self/status");
  std::string word;
  int64_t value = 0;
  while (status >> word)
    if (word == key && status >> value) return value;
  return 0;
}

double CpuMicros() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto micros = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return micros(usage.ru_utime) + micros(usage.ru_stime);
}

// The taps, and the HTTP port if one of them is behind it.
struct Listeners {
  std::unique_ptr<Taps> taps;
  std::unique_ptr<HttpServer> http;
  Ports ports;
};

std::unique_ptr<HttpServer> ListenHttp(IngestPort& port) {
  HttpHandlers handlers;
  handlers.metrics = [](MetricsForm) { return std::string(); };
  handlers.ready = [] { return absl::OkStatus(); };
  handlers.reload = handlers.ready;
  handlers.incidents = [](bool, int) { return std::vector<Incident>(); };
  handlers.incident = [](std::string_view) { return Incident(); };
  handlers.story = [](const Incident&) { return std::string(); };
  handlers.sentence = handlers.story;
  handlers.sparks = [] { return std::vector<StreamSpark>(); };
  handlers.evidence = [](std::string_view) { return std::string(); };
  handlers.gold = [](std::string_view, const std::vector<uint64_t>&) {
    return std::vector<std::string>();
  };
  handlers.jobs = [](const Incident&) { return std::vector<RescoreJob>(); };
  handlers.act = [](IncidentAction, const Incident&, const ModelEvent&) {
    return absl::OkStatus();
  };
  handlers.forget_selftest = handlers.ready;
  handlers.selftest_result = [](const SelfTestResult&, absl::Duration) {};
  handlers.setup = [] { return SetupFacts(); };
  handlers.shadow = [] { return ShadowReport(); };
  handlers.events = [](std::string_view, absl::Time, absl::Time) {
    return std::vector<ModelEvent>();
  };
  handlers.deployment = [](const ModelEvent&) { return absl::OkStatus(); };
  handlers.baseline = [] { return std::string(); };
  handlers.streams = [] { return std::vector<StreamSnapshot>(); };
  handlers.coverage = [] { return std::vector<CoverageSnapshot>(); };
  handlers.habits = [] { return HabitPhrases(); };
  handlers.ingest = [&port](const IngestRequest& request) {
    return port.Receive(request);
  };
  HttpOptions options;
  options.listen = "127.0.0.1:0";
  auto server = StartHttpServer(std::move(options), std::move(handlers));
  if (!server.ok()) Die(std::string(server.status().message()).c_str());
  return *std::move(server);
}

Listeners Listen(const ServerOptions& options, TapSink& sink) {
  TapOptions taps;
  taps.grpc.listen = "127.0.0.1:0";
  taps.ext_proc.enabled = taps.agento11y.enabled = options.all_ways;
  taps.http.on = options.all_ways;
  if (options.all_ways) {
    taps.otlp.grpc_listen = taps.otlp.http_listen = "127.0.0.1:0";
    taps.otlp.join_wait = absl::Seconds(1);
    taps.files.paths.emplace_back().path = options.folder + "/files/*.jsonl";
    taps.files.scan = absl::Milliseconds(100);
  }
  auto started = Taps::Start(BuiltinTaps(), taps, sink, {});
  if (!started.ok()) Die(std::string(started.status().message()).c_str());
  Listeners all;
  all.taps = *std::move(started);
  for (const Taps::Running& running : all.taps->running()) {
    for (const auto& [name, value] : running.tap->Endpoints()) {
      const int port = std::atoi(value.c_str());
      if (name == "tap_port") all.ports.grpc = port;
      if (name == "otlp_grpc_port") all.ports.otlp_grpc = port;
      if (name == "otlp_http_port") all.ports.otlp_http = port;
    }
    if (IngestPort* port = running.tap->Ingest(); port != nullptr) {
      all.http = ListenHttp(*port);
      all.ports.http = all.http->BoundPort();
    }
  }
  return all;
}

// Answers each line until standard input ends.
template <typename Fill>
void Answer(const Listeners& all, Fill fill) {
  std::printf("%d %d %d %d\n", all.ports.grpc, all.ports.otlp_grpc,
              all.ports.otlp_http, all.ports.http);
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof(line), stdin) != nullptr) {
    ServerFigures f;
    fill(f);
    f.cpu_us = CpuMicros();
    for (const Taps::Running& running : all.taps->running()) {
      const TapCounters counters = running.tap->Counters();
      f.accepted += counters.accepted;
      for (const auto& [reason, n] : counters.dropped) f.dropped += n;
    }
    f.resident_kb = StatusKb("VmRSS:");
    f.anonymous_kb = StatusKb("RssAnon:");
    f.peak_kb = StatusKb("VmHWM:");
    f.in_use_kb = static_cast<int64_t>(
        (mallinfo2().uordblks + mallinfo2().hblkhd) / 1024);
    std::printf("%.0f", f.cpu_us);
    for (const int64_t value :
         {f.accepted, f.dropped, f.waits, f.resident_kb, f.anonymous_kb,
          f.peak_kb, f.in_use_kb, f.database_bytes})
      std::printf(" %" PRId64, value);
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int RunServer(const ServerOptions& options) {
  if (const auto log = StartLog("error"); !log.ok()) Die("log");
  if (options.trivial) {
    DroppingSink sink;
    const Listeners all = Listen(options, sink);
    Answer(all, [](ServerFigures&) {});
    return 0;
  }
  // The same parts as in the daemon, without the HTTP port.
  Config config = DefaultConfig();
  config.streams.max = options.streams;
  Telemetry telemetry({.version = "bench", .max_streams = options.streams});
  SqliteStoreOptions store_options;
  store_options.folder = options.folder;
  auto store = OpenSqliteStore(store_options);
  if (!store.ok()) Die(std::string(store.status().message()).c_str());
  StandardEvaluator evaluator("bench");
  ModelProfile unknown;
  unknown.learn_prefix = true;
  evaluator.SetDefaultProfile(std::move(unknown));
  PipelineMetrics metrics(telemetry);
  PipelineLog pipeline_log;
  SnapshotBoard board;
  ObserverList observers;
  observers.Add(metrics);
  observers.Add(pipeline_log);
  observers.Add(board);
  const WallClock clock;
  Shards shards(PipelineOptionsOf(config), evaluator, observers, store->get(),
                clock);
  shards.Start();
  PacedSink sink(shards);
  Listeners all = Listen(options, sink);
  Answer(all, [&](ServerFigures& f) {
    shards.Drain();
    f.waits = sink.waits();
    f.database_bytes = (*store)->Statistics().database_bytes;
  });
  if (all.http != nullptr) all.http->Stop();
  all.taps->Stop(absl::Seconds(5));
  shards.Stop();
  return 0;
}

ServerProcess::ServerProcess(const ServerOptions& options) {
  int to_child[2];
  int from_child[2];
  if (pipe2(to_child, O_CLOEXEC) != 0 || pipe2(from_child, O_CLOEXEC) != 0)
    Die("pipe2");
  const std::string streams = std::to_string(options.streams);
  std::vector<const char*> arguments = {
      "bench_pipeline",
      options.trivial ? "--serve-trivial" : "--serve",
      options.folder.c_str(),
      streams.c_str(),
      options.all_ways ? "all" : "grpc",
      nullptr};
  pid_ = fork();
  if (pid_ < 0) Die("fork");
  if (pid_ == 0) {
    dup2(to_child[0], STDIN_FILENO);
    dup2(from_child[1], STDOUT_FILENO);
    execv("/proc/self/exe", const_cast<char* const*>(arguments.data()));
    _exit(127);
  }
  close(to_child[0]);
  close(from_child[1]);
  commands_ = fdopen(to_child[1], "w");
  answers_ = fdopen(from_child[0], "r");
  if (std::fscanf(answers_, "%d %d %d %d", &ports_.grpc, &ports_.otlp_grpc,
                  &ports_.otlp_http, &ports_.http) != 4)
    Die("server did not start");
}

ServerProcess::~ServerProcess() {
  std::fclose(commands_);
  std::fclose(answers_);
  waitpid(pid_, nullptr, 0);
}

ServerFigures ServerProcess::Figures() {
  std::fputs("figures\n", commands_);
  std::fflush(commands_);
  ServerFigures f;
  bool read = std::fscanf(answers_, "%lf", &f.cpu_us) == 1;
  for (int64_t* value :
       {&f.accepted, &f.dropped, &f.waits, &f.resident_kb, &f.anonymous_kb,
        &f.peak_kb, &f.in_use_kb, &f.database_bytes})
    read = read && std::fscanf(answers_, "%" SCNd64, value) == 1;
  if (!read) Die("server went away");
  return f;
}

}  // namespace reasonwatch::bench
