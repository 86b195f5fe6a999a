// SPDX-License-Identifier: Apache-2.0
// Two counters that grow beside each other, as a share of the latest minutes.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DAEMON_COVERAGE_METER_H_
#define REASONWATCH_DAEMON_COVERAGE_METER_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

namespace reasonwatch {

class CoverageMeter {
 public:
  // Looks that the share is of: ten minutes at the usual interval.
  static constexpr size_t kWindow = 40;

  // One look at both. Ours comes later than theirs, as an exchange is read when
  // it is over, so `served` is compared with `seen` of the next look. A
  // `served` that went back is of a server that began anew: all before is
  // forgotten. `seen` may go back a little, when responses turn out to be
  // repeats.
  void Look(double served, double seen);

  // Growth over the window; absent before the third look.
  struct Growth {
    double served = 0;
    double seen = 0;
    // 0..1; absent if nothing was served. Over 1 is 1: a response by two
    // taps may be counted before it is known again.
    std::optional<double> ratio() const;
  };
  std::optional<Growth> Latest() const;
  int64_t restarts() const { return restarts_; }

 private:
  std::optional<double> waiting_;  // served, of the latest look
  std::deque<Growth> totals_;      // of the looks before, the oldest first
  int64_t restarts_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_COVERAGE_METER_H_
