// SPDX-License-Identifier: Apache-2.0
// Totals of re-scoring, of its judge and of the webhooks, as metrics show them.
#ifndef REASONWATCH_DAEMON_TELEMETRY_RESCORE_TOTALS_H_
#define REASONWATCH_DAEMON_TELEMETRY_RESCORE_TOTALS_H_

#include <cstdint>
#include <limits>
#include <map>
#include <string>

namespace reasonwatch {

// Totals since the start of the process. Their owners bound the names.
struct RescoreTotals {
  std::map<std::string, int64_t> jobs;          // by state
  std::map<std::string, int64_t> verdicts;      // by name
  std::map<std::string, int64_t> errors;        // by reason
  std::map<std::string, int64_t> judge_chains;  // by outcome
  std::map<std::string, int64_t> webhooks;      // by outcome
  std::map<std::string, int64_t> evaluations;   // by outcome
  int64_t samples = 0;
  int64_t tokens = 0;   // of output
  int64_t yielded = 0;  // questions given up for others' requests
  bool gate_open = false;
  // Mean error of the judge on its anchors; NaN = not asked yet.
  double anchor_error = std::numeric_limits<double>::quiet_NaN();
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_RESCORE_TOTALS_H_
