// SPDX-License-Identifier: Apache-2.0
// Runs the self-test now and then, on a thread of its own.
//
// Nothing waits for it but Stop(), which one thread calls.
#ifndef REASONWATCH_DAEMON_SELFTEST_SCHEDULE_H_
#define REASONWATCH_DAEMON_SELFTEST_SCHEDULE_H_

#include <condition_variable>
#include <functional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "daemon/selftest/selftest.h"
#include "util/mutex.h"

namespace reasonwatch {

class SelfTestSchedule {
 public:
  // Between two runs `every`, which is positive. The schedule brings the waits
  // of `ports` itself. `on_result` is called by the thread, after each run that
  // was not interrupted by the end.
  SelfTestSchedule(absl::Duration every, SelfTestOptions options,
                   SelfTestPorts ports,
                   std::function<void(const SelfTestResult&)> on_result);
  // Stops.
  ~SelfTestSchedule();
  SelfTestSchedule(const SelfTestSchedule&) = delete;
  SelfTestSchedule& operator=(const SelfTestSchedule&) = delete;

  // For one call.
  void Start();
  // Ends a run that is under way at its next wait. Idempotent.
  void Stop();

 private:
  void Run();
  // False: the end has come.
  bool Wait(absl::Duration duration);

  const absl::Duration every_;
  const SelfTestOptions options_;
  SelfTestPorts ports_;
  const std::function<void(const SelfTestResult&)> on_result_;
  Mutex mutex_;
  bool stop_ ABSL_GUARDED_BY(mutex_) = false;
  std::condition_variable_any woken_;
  std::thread thread_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_SELFTEST_SCHEDULE_H_
