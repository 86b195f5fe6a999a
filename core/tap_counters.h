// SPDX-License-Identifier: Apache-2.0
// Totals that every tap keeps.
#ifndef REASONWATCH_CORE_TAP_COUNTERS_H_
#define REASONWATCH_CORE_TAP_COUNTERS_H_

#include <cstdint>
#include <map>
#include <string>

namespace reasonwatch {

// Since the start of the process. records = accepted + the sum of dropped.
struct TapCounters {
  int64_t records = 0;
  int64_t accepted = 0;
  // By reason: "invalid" for a record that can't be read or used; the other
  // reasons are the sink's, e.g. "queue_full".
  std::map<std::string, int64_t> dropped;
  // By reason: why records were invalid, and errors of connections and calls;
  // "invalid_utf8" counts text fields that were repaired.
  std::map<std::string, int64_t> errors;
  // By kind: what the source shows and is no response of a model, e.g. a
  // request for embeddings. Not among the records.
  std::map<std::string, int64_t> ignored;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_TAP_COUNTERS_H_
