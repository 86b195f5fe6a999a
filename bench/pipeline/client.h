// The sending side.
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

// Sends made-up responses of `streams` models in turn, each with an id and a
// time of its own. Aborts with a message where a call fails.
class Client {
 public:
  // A model has so many of the streams as its routes.
  Client(int port, int streams, int routes = 1);
  ~Client();

  // Returns when all were sent and answered. kUnary keeps 32 outstanding.
  void Send(Mode mode, int64_t responses);
  // On a part of the streams only.
  void SendTo(int first_stream, int end_stream, int64_t responses);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_CLIENT_H_
