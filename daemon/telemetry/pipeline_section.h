// SPDX-License-Identifier: Apache-2.0
// Metrics of the stages behind the taps: records, errors, drops, times, queues.
// Thread-safe.
#ifndef REASONWATCH_DAEMON_TELEMETRY_PIPELINE_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_PIPELINE_SECTION_H_

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/stage.h"
#include "daemon/telemetry/bounded_labels.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"
#include "util/mutex.h"

namespace reasonwatch {

class PipelineSection {
 public:
  static std::vector<MetricInfo> Rows();

  // `families` must outlive the section.
  explicit PipelineSection(Families& families);

  // Taps are counted by TapSection: no effect on Stage::kTap.
  void CountRecords(Stage stage, int64_t records);
  // kStageErrors or kStageDropped.
  void CountReason(Metric metric, Stage stage, std::string_view reason,
                   int64_t n);
  // No effect on a stage that works on no single response.
  void ObserveDuration(Stage stage, absl::Duration duration);
  void Heartbeat(Stage stage, absl::Time began);
  void SetQueue(int shard, int64_t records, int64_t capacity, int64_t bytes);

 private:
  Families& families_;
  std::array<Counter*, kStageCount> records_{};
  std::array<Histogram*, kStageCount> durations_{};
  Mutex mutex_;
  BoundedReasons reasons_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_PIPELINE_SECTION_H_
