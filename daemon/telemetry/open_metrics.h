// SPDX-License-Identifier: Apache-2.0
// OpenMetrics 1.0.0 of the families, which Prometheus prefers: the same series
// with the same values, and exemplars.
//
// Pure, thread-safe.
#ifndef REASONWATCH_DAEMON_TELEMETRY_OPEN_METRICS_H_
#define REASONWATCH_DAEMON_TELEMETRY_OPEN_METRICS_H_

#include <prometheus/metric_family.h>

#include <string>
#include <vector>

#include "daemon/telemetry/exemplars.h"

namespace reasonwatch {

// `families` in the order of the catalogue, one each. Bounds of buckets are
// written as in the text format, so that series keep their names whichever form
// is scraped.
std::string OpenMetricsText(
    const std::vector<prometheus::MetricFamily>& families,
    const ExemplarMap& exemplars);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_OPEN_METRICS_H_
