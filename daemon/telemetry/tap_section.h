// SPDX-License-Identifier: Apache-2.0
// Metrics of taps. Thread-safe by itself: a tap's counters are read without any
// other lock of this room.
#ifndef REASONWATCH_DAEMON_TELEMETRY_TAP_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_TAP_SECTION_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/coverage.h"
#include "core/tap_counters.h"
#include "daemon/telemetry/bounded_labels.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"
#include "util/mutex.h"

namespace reasonwatch {

class TapSection {
 public:
  static std::vector<MetricInfo> Rows();

  // `families` must outlive the section.
  explicit TapSection(Families& families);

  // `counters` is called by every Pull() until Remove(source).
  void Add(std::string_view source, std::function<TapCounters()> counters);
  void Remove(std::string_view source);
  // No effect on a tap that was not added. Costs no allocation.
  void ObserveDuration(std::string_view source, absl::Duration duration);
  void SetCoverage(const std::vector<CoverageSnapshot>& targets);
  // Adds the growth of the taps' counters since the last time.
  void Pull();

 private:
  struct Source {
    std::function<TapCounters()> read;
    TapCounters seen;
    Counter* records = nullptr;
  };
  struct Target {
    CoverageSnapshot seen;
    Gauge* ratio = nullptr;
  };
  void Pull(const std::string& name, Source& source)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Count(Metric metric, const std::string& name, std::string_view reason,
             int64_t n) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Families& families_;
  // Not mutex_, which a scrape holds while it reads the counters of taps.
  Mutex durations_mutex_;
  std::map<std::string, Histogram*, std::less<>> durations_
      ABSL_GUARDED_BY(durations_mutex_);
  Mutex mutex_;
  BoundedNames<Source> sources_ ABSL_GUARDED_BY(mutex_){kMaxSources};
  BoundedNames<Target> targets_ ABSL_GUARDED_BY(mutex_){kMaxSources};
  BoundedReasons reasons_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_TAP_SECTION_H_
