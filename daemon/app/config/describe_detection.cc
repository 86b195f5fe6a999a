// SPDX-License-Identifier: Apache-2.0
// Sections of the detectors: reference, false_alarms and signals.
#include "daemon/app/config/config_walk.h"
#include "daemon/app/config/describe.h"
#include "daemon/app/config/printer.h"
#include "daemon/app/config/reader.h"
#include "daemon/app/config/units.h"

namespace reasonwatch {

template <typename V>
void DescribeDetection(V& v, Config& c) {
  v.Section("reference", [&] {
    v.Duration("min_span", c.reference.min_span, absl::ZeroDuration(),
               absl::Hours(24 * 365));
    v.Integer("cap", c.reference.cap, 20, 1000000);
    v.Bool("freeze", c.reference.freeze);
    v.Either("from", c.reference.from_solved, "all", "solved");
  });
  v.Section("false_alarms", [&] {
    FalseAlarmsConfig& budget = c.false_alarms;
    v.Number("critical_per_30_days", budget.critical_per_30_days, 1e-6, 1e6);
    v.Number("warning_per_30_days", budget.warning_per_30_days, 1e-6, 1e6);
    v.Number("fleet_share", budget.fleet_share, 1e-6, 1);
    v.Number("mean_responses", budget.mean_responses, 0, 1e15);
  });
  v.ClosedMap("signals", c.signals, [&](SignalConfig& signal) {
    v.Bool("enabled", signal.enabled);
    v.Either("mode", signal.shadow, "alert", "shadow");
  });
}

template void DescribeDetection(ConfigReader&, Config&);
template void DescribeDetection(ConfigPrinter&, Config&);
template void DescribeDetection(ConfigWalk&, Config&);

}  // namespace reasonwatch
