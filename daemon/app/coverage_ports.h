// SPDX-License-Identifier: Apache-2.0
// The HTTP request by which coverage reads the metrics of others.
#ifndef REASONWATCH_DAEMON_APP_COVERAGE_PORTS_H_
#define REASONWATCH_DAEMON_APP_COVERAGE_PORTS_H_

#include <atomic>
#include <string>

#include "absl/status/statusor.h"
#include "daemon/coverage/options.h"

namespace reasonwatch {

// CoveragePorts::get. Thread-safe; blocks for at most kCoverageTimeout.
absl::StatusOr<std::string> GetMetrics(const CoverageTarget& target,
                                       const std::atomic<bool>& stop);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_COVERAGE_PORTS_H_
