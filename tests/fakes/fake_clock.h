// SPDX-License-Identifier: Apache-2.0
// A clock that shows the time that a test sets. Thread-safe.
#ifndef REASONWATCH_TESTS_FAKES_FAKE_CLOCK_H_
#define REASONWATCH_TESTS_FAKES_FAKE_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "core/clock.h"

namespace reasonwatch {

class FakeClock : public Clock {
 public:
  explicit FakeClock(absl::Time now) : now_ns_(absl::ToUnixNanos(now)) {}
  absl::Time Now() const override { return absl::FromUnixNanos(now_ns_); }
  void Advance(absl::Duration by) { now_ns_ += absl::ToInt64Nanoseconds(by); }

 private:
  std::atomic<int64_t> now_ns_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_FAKES_FAKE_CLOCK_H_
