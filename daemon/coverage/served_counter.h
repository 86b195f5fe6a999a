// SPDX-License-Identifier: Apache-2.0
// How much a server or proxy has served, by its own metrics.
//
// Pure, thread-safe.
#ifndef REASONWATCH_DAEMON_COVERAGE_SERVED_COUNTER_H_
#define REASONWATCH_DAEMON_COVERAGE_SERVED_COUNTER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace reasonwatch {

// The unit of a counter, and so which of our own totals is compared with it.
enum class ServedUnit : uint8_t {
  kExchanges,  // HTTP exchanges of whatever kind, of an Envoy
  kRequests,   // that asked a model
  kTokens      // of output, of a server that counts no requests
};

struct Served {
  std::string counter;  // its name
  ServedUnit unit = ServedUnit::kRequests;
  double total = 0;  // since the start of the server
};

// Reads Prometheus' text. `counter`: as CoverageTarget::counter; "" = that of
// Envoy, vLLM, SGLang, TGI, Triton or llama.cpp, in this order; the unit of any
// other is requests. NotFound if the text has none, InvalidArgument if
// `counter` can't be read.
absl::StatusOr<Served> ReadServed(std::string_view text,
                                  std::string_view counter);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COVERAGE_SERVED_COUNTER_H_
