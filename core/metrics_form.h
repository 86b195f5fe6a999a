// SPDX-License-Identifier: Apache-2.0
// The form in which metrics are served.
#ifndef REASONWATCH_CORE_METRICS_FORM_H_
#define REASONWATCH_CORE_METRICS_FORM_H_

#include <cstdint>

namespace reasonwatch {

// Prometheus text format 0.0.4, or OpenMetrics 1.0.0, which has exemplars.
enum class MetricsForm : uint8_t { kText, kOpenMetrics };

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_METRICS_FORM_H_
