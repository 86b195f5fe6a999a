// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/stop_watchdog.h"

#include <unistd.h>

#include <chrono>
#include <system_error>

#include "daemon/app/commands/exit_status.h"
#include "daemon/app/log.h"

namespace reasonwatch {

StopWatchdog::StopWatchdog(absl::Duration deadline) {
  try {
    thread_ = std::thread([this, deadline] { Wait(deadline); });
  } catch (const std::system_error&) {
    // Without threads the stop has no backstop but the supervisor's.
    LogWarning("stop_unwatched");
  }
}

StopWatchdog::~StopWatchdog() {
  {
    MutexLock lock(mutex_);
    in_time_ = true;
  }
  stopped_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void StopWatchdog::Wait(absl::Duration deadline) {
  const auto until =
      std::chrono::steady_clock::now() + absl::ToChronoMilliseconds(deadline);
  {
    MutexLock lock(mutex_);
    while (!in_time_ &&
           stopped_.wait_until(mutex_, until) != std::cv_status::timeout) {
    }
    if (in_time_) return;
  }
  LogError("stop_overdue");
  _exit(static_cast<int>(ExitStatus::kInternal));
}

}  // namespace reasonwatch
