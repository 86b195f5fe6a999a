// `reasonwatch feed`: sends recorded responses to a tap, for demonstrations and
// tests.
#ifndef REASONWATCH_DAEMON_COMMANDS_FEED_H_
#define REASONWATCH_DAEMON_COMMANDS_FEED_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"

namespace reasonwatch {

struct FeedOptions {
  std::string endpoint;  // host:port or unix:PATH
  std::string in;        // recorded responses, JSONL
  double rate = 0;       // responses a second; 0 = as fast as it goes
  int64_t first = 1;     // row to begin with, from 1
  int64_t count = 0;     // rows at most; 0 = all
  // Keep the recorded times; else each response is dated when it is sent.
  bool recorded_times = false;
  bool unary = false;  // Report for each instead of one Stream
  bool progress = true;
};

struct FeedReport {
  int64_t sent = 0;
  int64_t accepted = 0;
  int64_t dropped = 0;
  int64_t bad_lines = 0;
};

// Unavailable where the tap can't be reached or ends the stream.
absl::StatusOr<FeedReport> Feed(const FeedOptions& options,
                                std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COMMANDS_FEED_H_
