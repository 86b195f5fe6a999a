// SPDX-License-Identifier: Apache-2.0
// Looks at the counters of servers and proxies, on a thread of its own, and
// keeps the share of their traffic that was seen.
//
// Thread-safe. Nothing waits for it but Stop().
#ifndef REASONWATCH_DAEMON_COVERAGE_COVERAGE_WATCH_H_
#define REASONWATCH_DAEMON_COVERAGE_COVERAGE_WATCH_H_

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "core/coverage.h"
#include "daemon/coverage/meter.h"
#include "daemon/coverage/options.h"
#include "util/mutex.h"

namespace reasonwatch {

// The outside of the watch. Both are called by its thread.
struct CoveragePorts {
  // The body of a GET with status 200; bounded in time and size. `stop` is true
  // once nobody waits for it.
  std::function<absl::StatusOr<std::string>(const CoverageTarget& target,
                                            const std::atomic<bool>& stop)>
      get;
  std::function<SeenTotals()> seen;
};

class CoverageWatch {
 public:
  // Targets over kMaxCoverageTargets are left out.
  CoverageWatch(CoverageOptions options, CoveragePorts ports);
  // Stops.
  ~CoverageWatch();
  CoverageWatch(const CoverageWatch&) = delete;
  CoverageWatch& operator=(const CoverageWatch&) = delete;

  // Begins to look, unless there is no target. For one call.
  void Start();
  // One of each target, in their order. Names are unique.
  std::vector<CoverageSnapshot> Snapshots() const;

  // Looks once at each target; by the thread, or in its place.
  void LookOnce();
  // Idempotent.
  void Stop();

 private:
  struct Watched {
    CoverageMeter meter;
    CoverageSnapshot snapshot;
  };
  void Run();
  void Look(size_t index);

  const CoverageOptions options_;
  const CoveragePorts ports_;
  mutable Mutex mutex_;
  std::vector<Watched> watched_ ABSL_GUARDED_BY(mutex_);
  std::atomic<bool> stop_ = false;
  std::condition_variable_any woken_;
  std::thread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COVERAGE_COVERAGE_WATCH_H_
