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

#include "daemon/config.h"
#include "daemon/export/telemetry.h"
#include "daemon/log.h"
#include "daemon/pipeline/shards.h"
#include "daemon/pipeline/standard_evaluator.h"
#include "storage/sqlite_store.h"
#include "tap/grpc/grpc_tap.h"

namespace reasonwatch::bench {
namespace {

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::exit(1);
}

class DroppingSink : public TapSink {
 public:
  TapOutcome Offer(Response&&, int64_t) override { return {}; }
};

// Lets the tap's thread wait while the queues are half full, so that gRPC's
// flow control slows the client down and what is measured is the rate at which
// nothing is dropped. The daemon itself never waits.
class PacedSink : public TapSink {
 public:
  explicit PacedSink(Shards& shards) : shards_(shards) {}

  TapOutcome Offer(Response&& response, int64_t bytes) override {
    if (++offered_ % 64 == 0) {
      while (shards_.Queued() > kMostQueued) {
        ++waits_;
        std::this_thread::sleep_for(std::chrono::microseconds(200));
      }
    }
    return shards_.Offer(std::move(response), bytes);
  }
  int64_t waits() const { return waits_; }

 private:
  static constexpr int64_t kMostQueued = 2000;
  Shards& shards_;
  int64_t offered_ = 0;
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

// Answers lines until standard input ends.
template <typename Fill>
void Answer(GrpcTap& tap, Fill fill) {
  std::printf("%d\n", tap.BoundPort());
  std::fflush(stdout);
  char line[64];
  while (std::fgets(line, sizeof(line), stdin) != nullptr) {
    ServerFigures f;
    fill(f);
    f.cpu_us = CpuMicros();
    const TapStatistics statistics = tap.Statistics();
    f.accepted = statistics.accepted;
    for (const auto& [reason, n] : statistics.dropped_by_reason) f.dropped += n;
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

std::unique_ptr<GrpcTap> Listen(TapSink& sink) {
  GrpcTapOptions options;
  options.listen = "127.0.0.1:0";
  auto tap = StartGrpcTap(options, sink);
  if (!tap.ok()) Die(std::string(tap.status().message()).c_str());
  return *std::move(tap);
}

}  // namespace

int RunServer(const ServerOptions& options) {
  if (const auto log = StartLog("error"); !log.ok()) Die("log");
  if (options.trivial) {
    DroppingSink sink;
    const auto tap = Listen(sink);
    Answer(*tap, [](ServerFigures&) {});
    return 0;
  }
  // As commands/serve.cc does it, without the HTTP port.
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
  ShardsOptions shard_options;
  shard_options.shards = std::max(
      1, std::min(8, static_cast<int>(std::thread::hardware_concurrency())));
  Shards shards(config, shard_options, evaluator, telemetry, store->get(),
                [](const IncidentEvent&) {});
  shards.Start();
  PacedSink sink(shards);
  auto tap = Listen(sink);
  Answer(*tap, [&](ServerFigures& f) {
    shards.Drain();
    f.waits = sink.waits();
    f.database_bytes = (*store)->Statistics().database_bytes;
  });
  tap->Stop(absl::Seconds(5));
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
      "bench_pipeline", options.trivial ? "--serve-trivial" : "--serve",
      options.folder.c_str(), streams.c_str(), nullptr};
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
  if (std::fscanf(answers_, "%d", &port_) != 1) Die("server did not start");
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
