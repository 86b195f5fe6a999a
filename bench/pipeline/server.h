// SPDX-License-Identifier: Apache-2.0
// The measured side, in a process of its own: the gRPC tap, or all of them, in
// front of the whole pipeline, or in front of a sink that drops every response.
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
  // All taps; those of files follow FOLDER/files/*.jsonl.
  bool all_ways = false;
};

// Ports of 127.0.0.1; 0 = not served.
struct Ports {
  int grpc = 0;  // ext_proc and agento11y too
  int otlp_grpc = 0;
  int otlp_http = 0;
  int http = 0;
};

// Prints its ports and serves until standard input ends. Answers each input
// line with a line of figures after it has processed all accepted responses.
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

// Runs this program again as a server. Aborts with a message if it cannot
// start.
class ServerProcess {
 public:
  explicit ServerProcess(const ServerOptions& options);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  int port() const { return ports_.grpc; }
  const Ports& ports() const { return ports_; }
  ServerFigures Figures();

 private:
  pid_t pid_ = -1;
  FILE* commands_ = nullptr;
  FILE* answers_ = nullptr;
  Ports ports_;
};

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_SERVER_H_
