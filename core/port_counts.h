// SPDX-License-Identifier: Apache-2.0
// The state of a port that others connect to.
#ifndef REASONWATCH_CORE_PORT_COUNTS_H_
#define REASONWATCH_CORE_PORT_COUNTS_H_

#include <cstdint>
#include <map>
#include <string>

namespace reasonwatch {

struct PortCounts {
  std::string port;  // a constant name: http, otlp
  int64_t connections = 0;
  // Bytes of requests that are held, and of answers that nobody has read yet.
  int64_t held_bytes = 0;
  int64_t answer_bytes = 0;
  // False while the process has no descriptor for one more connection.
  bool accepting = true;
  // Totals of refused connections and requests, every reason from the start on.
  std::map<std::string, int64_t> refused;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_PORT_COUNTS_H_
