// The measured side, a process of its own: the gRPC tap before the whole
// pipeline, or before a sink that drops every response.
#ifndef REASONWATCH_BENCH_PIPELINE_SERVER_H_
#define REASONWATCH_BENCH_PIPELINE_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace reasonwatch::bench {

struct ServerOptions {
  bool trivial = false;
  std::string folder;  // of the database
  int streams = 20;
};

// Serves until standard input ends: prints its port, then answers every line
// with one of figures, after everything accepted was worked off.
int RunServer(const ServerOptions& options);

struct ServerFigures {
  double cpu_us = 0;  // of the process, user and system
  int64_t accepted = 0;
  int64_t dropped = 0;
  int64_t waits = 0;  // times the tap waited for room in the queue
  int64_t resident_kb = 0;
  int64_t anonymous_kb = 0;  // of resident, without files
  int64_t peak_kb = 0;
  int64_t in_use_kb = 0;  // allocated and not freed
  int64_t database_bytes = 0;
};

// This program again, as a server. Aborts with a message where it can't start.
class ServerProcess {
 public:
  explicit ServerProcess(const ServerOptions& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return port_; }
  ServerFigures Figures();

 private:
  pid_t pid_ = -1;
  FILE* commands_ = nullptr;
  FILE* answers_ = nullptr;
  int port_ = 0;
};

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_SERVER_H_
