// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/length_drift.h"

#include <algorithm>
#include <cmath>

#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Ranks in the mean, whose standard error is then .026.
constexpr int64_t kWindow = 500;
// A mean rank of a tenth, which four standard errors hardly reach, moves the
// offset as fast as it may go.
constexpr double kGain = 10;
constexpr double kDayNanos = 86400e9;
// After a longer silence the offset may not leap.
constexpr double kLongestStep = 1;  // days

}  // namespace

void LengthDrift::Learn(double rank, int64_t time_ns) {
  ++learnt_;
  const auto n = static_cast<double>(std::min(learnt_, kWindow));
  mean_ += (2 * std::clamp(rank, 0.0, 1.0) - 1 - mean_) / n;
  const double days = std::clamp(
      static_cast<double>(time_ns - last_ns_) / kDayNanos, 0.0, kLongestStep);
  last_ns_ = std::max(last_ns_, time_ns);
  if (learnt_ < kWindow) return;
  offset_ = std::clamp(
      offset_ + kDriftADay * days * std::clamp(kGain * mean_, -1.0, 1.0),
      -kMostDrift, kMostDrift);
}

template <typename Archive>
void Describe(Archive& archive, LengthDrift& d) {
  archive.InRange("learnt", d.learnt_, 0, kMaxStored);
  archive.InRange("last_ns", d.last_ns_, 0, kMaxStored);
  archive.Field("mean", d.mean_);
  archive.Require(std::abs(d.mean_) <= 1);
  archive.Field("offset", d.offset_);
  archive.Require(std::abs(d.offset_) <= kMostDrift);
}
REASONWATCH_DESCRIBE(LengthDrift);

}  // namespace reasonwatch
