// SPDX-License-Identifier: Apache-2.0
// Metrics of the store and of restarts.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_STORAGE_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_STORAGE_SECTION_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/store.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"
#include "daemon/telemetry/pipeline_section.h"

namespace reasonwatch {

class StorageSection {
 public:
  static std::vector<MetricInfo> Rows();

  // Both must outlive the section; `pipeline` counts Stage::kStorage.
  StorageSection(Families& families, PipelineSection& pipeline);

  // Totals since the start of the process.
  void Set(const StoreStatistics& now);
  void SetRestartGap(absl::Duration gap);
  // Totals by outcome.
  void SetEvidence(const std::map<std::string, int64_t>& incidents,
                   int64_t bytes);

 private:
  Families& families_;
  PipelineSection& pipeline_;
  Gauge& queued_;
  Gauge& bytes_;
  Counter& expired_;
  Gauge& restart_gap_;
  StoreStatistics seen_;
  std::map<std::string, int64_t> evidence_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_STORAGE_SECTION_H_
