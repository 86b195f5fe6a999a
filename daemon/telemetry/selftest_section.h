// SPDX-License-Identifier: Apache-2.0
// Metrics of the self-test.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_SELFTEST_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_SELFTEST_SECTION_H_

#include <array>
#include <vector>

#include "absl/time/time.h"
#include "core/selftest.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"

namespace reasonwatch {

class SelfTestSection {
 public:
  static std::vector<MetricInfo> Rows();

  // `families` must outlive the section.
  explicit SelfTestSection(Families& families);

  // Runs are expected so often; `now` counts as a success, so that the first
  // one is waited for.
  void Expect(absl::Duration every, absl::Time now);
  // A run has ended at `now`. Names that are no hops are left out. `every` > 0:
  // as for Expect().
  void Count(const SelfTestResult& result, absl::Duration every,
             absl::Time now);

 private:
  Families& families_;
  std::array<Gauge*, kSelfTestHops.size()> hops_{};  // null: not passed
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_SELFTEST_SECTION_H_
