// SPDX-License-Identifier: Apache-2.0
// `reasonwatch feed`: sends recorded responses to a tap, for demonstrations and
// tests.
#ifndef REASONWATCH_DAEMON_APP_COMMANDS_FEED_H_
#define REASONWATCH_DAEMON_APP_COMMANDS_FEED_H_

#include <cstdint>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tap/jsonl/import.h"

namespace reasonwatch {

struct FeedOptions {
  std::string endpoint;  // host:port or unix:PATH
  std::string in;        // recorded responses, JSONL; "-" = standard input
  RecordFormat format = RecordFormat::kReasonwatch;
  std::string model;  // of rows that name none
  double rate = 0;    // responses a second; 0 = as fast as it goes
  int64_t first = 1;  // row to begin with, from 1
  int64_t count = 0;  // rows at most; 0 = all
  // Keep the recorded times; else each response is dated when it is sent.
  bool recorded_times = false;
  // Come again with what a busy daemon has no room for, and while it is away.
  bool wait = true;
  absl::Duration patience = absl::Minutes(1);  // while it is away
  bool unary = false;  // without `wait`: Report for each, not one Stream
  // PEM files, "" = none; `tls` alone trusts the system's authorities.
  bool tls = false;
  std::string tls_ca;
  std::string tls_cert;
  std::string tls_key;
  std::string token_file;
  bool progress = true;
};

struct FeedReport {
  int64_t sent = 0;
  int64_t accepted = 0;
  int64_t dropped = 0;
  int64_t bad_lines = 0;
  bool interrupted = false;  // by SIGINT or SIGTERM; the counts hold
};

// Unavailable if the tap can't be reached or ends the stream.
absl::StatusOr<FeedReport> Feed(const FeedOptions& options,
                                std::ostream& messages);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COMMANDS_FEED_H_
