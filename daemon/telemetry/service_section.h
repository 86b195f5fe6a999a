// SPDX-License-Identifier: Apache-2.0
// Metrics of the daemon's database: whether it saves anything, and which table
// is how large.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_SERVICE_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_SERVICE_SECTION_H_

#include <vector>

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

 private:
  Families& families_;
  Gauge& not_saving_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_SERVICE_SECTION_H_
