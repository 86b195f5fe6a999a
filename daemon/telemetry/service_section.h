// SPDX-License-Identifier: Apache-2.0
// Metrics of the daemon itself: whether its database saves anything, which
// table is how large, and whom its ports refused.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_SERVICE_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_SERVICE_SECTION_H_

#include <vector>

#include "core/port_counts.h"
#include "core/store_health.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"

namespace reasonwatch {

class ServiceSection {
 public:
  static std::vector<MetricInfo> Rows();

  // `families` must outlive the section.
  explicit ServiceSection(Families& families);

  void SetStoreHealth(const StoreHealth& health);
  // Names and reasons are constants of the ports.
  void SetPorts(const std::vector<PortCounts>& ports);

 private:
  Families& families_;
  Gauge& not_saving_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_SERVICE_SECTION_H_
