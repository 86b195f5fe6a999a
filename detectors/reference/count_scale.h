// SPDX-License-Identifier: Apache-2.0
// Tokens that a server counts for one of our estimate, of a reference and of
// live responses: a server that begins to count otherwise (another tokenizer,
// other tokens) has not made its answers longer.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_REFERENCE_COUNT_SCALE_H_
#define REASONWATCH_DETECTORS_REFERENCE_COUNT_SCALE_H_

#include <cstdint>

#include "core/feature.h"
#include "detectors/reference/prompt_regression.h"

namespace reasonwatch {

class CountScale {
 public:
  explicit CountScale(Feature length) : length_(length) {}

  // A response of the reference.
  void Learn(const FeatureVector& values);
  // A live response.
  void Observe(const FeatureVector& values);
  // False while live counts have another scale than those of the reference.
  bool Holds() const { return holds_; }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, CountScale& s);

  // Octaves from the estimate to the count; NaN: not both, or too few tokens.
  double ScaleOf(const FeatureVector& values) const;

  Feature length_;
  int64_t learnt_ = 0;
  double mean_ = 0;   // of the reference
  double shift_ = 0;  // of the latest live responses, in octaves
  bool holds_ = true;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_COUNT_SCALE_H_
