// SPDX-License-Identifier: Apache-2.0
// The servers and proxies whose counters are compared with ours.
#ifndef REASONWATCH_DAEMON_COVERAGE_OPTIONS_H_
#define REASONWATCH_DAEMON_COVERAGE_OPTIONS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"

namespace reasonwatch {

struct CoverageTarget {
  // Prometheus' text, e.g. http://127.0.0.1:9901/stats/prometheus of an Envoy
  // or http://127.0.0.1:8000/metrics of a server.
  std::string url;
  // NAME or NAME{LABEL="VALUE"} of a counter of requests; "" = the known
  // counter of the program that answers (served_counter.h).
  std::string counter;
  std::string name;        // "" = host and port of the URL
  std::string token_file;  // "" = no token
  std::string ca_file;     // "" = the system's
};

struct CoverageOptions {
  std::vector<CoverageTarget> targets;
  absl::Duration interval = absl::Seconds(15);
};

// Each has a thread's turn of at most this long, and this much text.
inline constexpr absl::Duration kCoverageTimeout = absl::Seconds(5);
inline constexpr int64_t kMaxCoverageBytes = int64_t{16} << 20;
inline constexpr size_t kMaxCoverageTargets = 16;

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COVERAGE_OPTIONS_H_
