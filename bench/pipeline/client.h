// SPDX-License-Identifier: Apache-2.0
// The client side: sends responses to a tap.
#ifndef REASONWATCH_BENCH_PIPELINE_CLIENT_H_
#define REASONWATCH_BENCH_PIPELINE_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch::bench {

enum class Mode { kUnary, kStream, kCorked };
std::string_view ModeName(Mode mode);

// Sends synthetic responses of `streams` models in turn, each with its own id
// and time. Aborts with a message if a call fails.
class Client {
 public:
  // `routes`: the number of streams of each model.
  Client(int port, int streams, int routes = 1);
  ~Client();

  // Sends `responses` and returns when all are answered. kUnary keeps 32 calls
  // in flight.
  void Send(Mode mode, int64_t responses);
  // Sends to the streams from first_stream up to end_stream - 1 only.
  void SendTo(int first_stream, int end_stream, int64_t responses);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_CLIENT_H_
