// SPDX-License-Identifier: Apache-2.0
// Follows a slow drift of a length: prompts that grow by a percent a day for
// weeks make answers grow too, and no model has become worse.
//
// Healthy live responses, less the offset, are ranked among the reference.
// While they lie above its middle the offset grows, else it falls, by
// kDriftADay at most, so that a degradation within days is judged as if there
// were no offset. Operators see the offset itself
// (StreamSnapshot::length_drift): over weeks a model can lose much in steps of
// that size.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_REFERENCE_LENGTH_DRIFT_H_
#define REASONWATCH_DETECTORS_REFERENCE_LENGTH_DRIFT_H_

#include <cstdint>

namespace reasonwatch {

// In octaves, as residuals of lengths are: 2 % a day.
inline constexpr double kDriftADay = .03;
// An offset goes no further: half or twice the length.
inline constexpr double kMostDrift = 1;

class LengthDrift {
 public:
  // A healthy live response, in the order of time: the rank of its residual
  // less offset() among the reference's residuals, in [0, 1].
  void Learn(double rank, int64_t time_ns);
  // To be added to what is expected, in [-kMostDrift, kMostDrift].
  double offset() const { return offset_; }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, LengthDrift& d);

  int64_t learnt_ = 0;
  int64_t last_ns_ = 0;
  double mean_ = 0;  // of the latest ranks, from -1 to 1
  double offset_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_LENGTH_DRIFT_H_
