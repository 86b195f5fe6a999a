// SPDX-License-Identifier: Apache-2.0
// This process as Linux sees it, under the names that every Prometheus client
// uses.
#ifndef REASONWATCH_DAEMON_TELEMETRY_PROCESS_GAUGES_H_
#define REASONWATCH_DAEMON_TELEMETRY_PROCESS_GAUGES_H_

#include <vector>

#include "daemon/telemetry/catalogue.h"

namespace reasonwatch {

// The rows of the catalogue; AddProcess() of scraped_gauges.h fills them.
std::vector<MetricInfo> ProcessRows();

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_PROCESS_GAUGES_H_
