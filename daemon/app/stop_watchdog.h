// SPDX-License-Identifier: Apache-2.0
// The end of the process at its time, whatever still runs.
#ifndef REASONWATCH_DAEMON_APP_STOP_WATCHDOG_H_
#define REASONWATCH_DAEMON_APP_STOP_WATCHDOG_H_

#include <condition_variable>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "util/mutex.h"

namespace reasonwatch {

// From its construction to its destruction; then the stop was in time. After
// the deadline it logs stop_overdue and ends the process with status 70, as a
// supervisor would by SIGKILL a moment later and without a word.
class StopWatchdog {
 public:
  explicit StopWatchdog(absl::Duration deadline);
  ~StopWatchdog();
  StopWatchdog(const StopWatchdog&) = delete;
  StopWatchdog& operator=(const StopWatchdog&) = delete;

 private:
  void Wait(absl::Duration deadline);

  Mutex mutex_;
  std::condition_variable_any stopped_;
  bool in_time_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_STOP_WATCHDOG_H_
