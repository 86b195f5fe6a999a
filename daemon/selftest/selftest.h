// SPDX-License-Identifier: Apache-2.0
// The whole way of an alert, walked with a model that does not exist: its
// responses go in at the tap, and each hop after it is waited for, up to the
// receiver of the alert.
//
// Not thread-safe; one run at a time for one daemon, because all runs use the
// same model. Blocks.
#ifndef REASONWATCH_DAEMON_SELFTEST_SELFTEST_H_
#define REASONWATCH_DAEMON_SELFTEST_SELFTEST_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/selftest.h"

namespace reasonwatch {

struct SelfTestOptions {
  // http://host:port, "" = its hops are left out.
  std::string prometheus;
  std::string alertmanager;
  // Name of the receiver to which Alertmanager must deliver; "" = delivery is
  // not waited for.
  std::string receiver;
  // For each hop. The shipped rules wait a minute, and Alertmanager half of
  // one, beside their intervals.
  absl::Duration timeout = absl::Minutes(3);
  // Between two looks.
  absl::Duration pause = absl::Milliseconds(200);
};

// The outside of a run. `incidents` is the JSON of the open incidents, as the
// API has it; `metrics` the text of /metrics; `get` the body of another
// program's answer with status 200.
struct SelfTestPorts {
  std::function<absl::Status()> forget;  // the model and all that is of it
  std::function<absl::Status(const std::string& rows)> send;
  std::function<absl::StatusOr<std::string>()> incidents;
  std::function<absl::StatusOr<std::string>()> metrics;
  std::function<absl::StatusOr<std::string>(const std::string& url)> get;
  std::function<absl::Time()> now;
  // Waits; false = the run is to end.
  std::function<bool(absl::Duration)> wait;
};

// Forgets what an earlier run has left, walks the hops in their order up to the
// first that fails, and forgets the model again in any case. `on_hop` hears of
// each as it is passed.
SelfTestResult RunSelfTest(
    const SelfTestOptions& options, const SelfTestPorts& ports,
    const std::function<void(const SelfTestHop&)>& on_hop);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_SELFTEST_SELFTEST_H_
