// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/count_scale.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// log2(1 + tokens) from which markers and the end of turn, a few tokens that no
// text shows, are a small part.
constexpr float kLeast = 5;
// Responses of the reference from which its mean is known to a few percent.
constexpr int64_t kLeastLearnt = 30;
// Weight of a live response: the scale is that of about the last 32.
constexpr double kWeight = 1. / 32;
// Octaves beyond which a response says no more, so that a single one in
// another script moves nothing.
constexpr double kMost = .5;
// Octaves of a scale that has changed (7 %), and of one that is the same again.
// Our estimate is off by a tenth to a fifth of an octave from one text to the
// next, and the mean over 32 texts by an eighth of that.
constexpr double kChanged = .1;
constexpr double kSame = .05;

}  // namespace

double CountScale::ScaleOf(const FeatureVector& values) const {
  const float count = values[static_cast<size_t>(length_)];
  const float estimate = values[static_cast<size_t>(EstimateOf(length_))];
  if (!(count >= kLeast && estimate >= kLeast))
    return std::numeric_limits<double>::quiet_NaN();
  return count - estimate;
}

void CountScale::Learn(const FeatureVector& values) {
  const double scale = ScaleOf(values);
  if (std::isnan(scale)) return;
  ++learnt_;
  mean_ += (scale - mean_) / static_cast<double>(learnt_);
}

void CountScale::Observe(const FeatureVector& values) {
  const double scale = ScaleOf(values);
  if (std::isnan(scale) || learnt_ < kLeastLearnt) return;
  shift_ += kWeight * (std::clamp(scale - mean_, -kMost, kMost) - shift_);
  const double size = std::abs(shift_);
  holds_ = size <= (holds_ ? kChanged : kSame);
}

template <typename Archive>
void Describe(Archive& archive, CountScale& s) {
  archive.InRange("learnt", s.learnt_, 0, kMaxStored);
  archive.InRange("mean", s.mean_, -64, 64);
  archive.InRange("shift", s.shift_, -kMost, kMost);
  archive.Field("holds", s.holds_);
}
REASONWATCH_DESCRIBE(CountScale);

}  // namespace reasonwatch
