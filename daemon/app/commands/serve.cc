// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/serve.h"

#include "daemon/app/app.h"
#include "daemon/app/stop_watchdog.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// Supervisors kill a process that has not ended after 10 s; the steps of a stop
// take less (daemon/app/app.cc).
constexpr absl::Duration kStopDeadline = absl::Milliseconds(9500);

}  // namespace

absl::Status Serve(const Config& config, const std::string& config_path) {
  App app(config, config_path);
  RW_RETURN_IF_ERROR(app.Start());
  app.WaitForEnd();
  const StopWatchdog watchdog(kStopDeadline);
  app.Stop();
  return absl::OkStatus();
}

}  // namespace reasonwatch
