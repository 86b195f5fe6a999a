// SPDX-License-Identifier: Apache-2.0
// The outcome of a self-test as JSON, for its command and for the daemon that
// is told it.
//
// Pure, thread-safe; never throws.
#ifndef REASONWATCH_DAEMON_API_SELFTEST_JSON_H_
#define REASONWATCH_DAEMON_API_SELFTEST_JSON_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/selftest.h"

namespace reasonwatch {

// {"passed", "failed", "why", "cleaned", "incident", "every_seconds",
// "hops": [{"hop", "seconds"}]}; `failed` is null if no hop was. `every`: the
// next run is expected after it, 0 = nobody expects one.
std::string SelfTestJson(const SelfTestResult& result, absl::Duration every);

struct SelfTestReport {
  SelfTestResult result;  // `why` and `incident` are left out
  absl::Duration every;
};
// InvalidArgument says which key is wrong. Hops have their names of
// kSelfTestHops, each once.
absl::StatusOr<SelfTestReport> ParseSelfTest(std::string_view body);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_SELFTEST_JSON_H_
