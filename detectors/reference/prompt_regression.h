// SPDX-License-Identifier: Apache-2.0
// The readings that the words of a prompt let expect of its response.
//
// Ridge regression of each feature on the hashed words of the prompt, weighted
// by TF-IDF and scaled to length 1, fitted in the dual on the reference rows.
// The residual is ranked afterwards, so a change of the traffic's mix
// that the words show moves nothing. Reference residuals leave out every row of
// the same words: with G = (K + ridge I)^-1 and a = G (y - mean), the residuals
// of the rows g without themselves are G_gg^-1 a_g (Golub, Heath, Wahba 1979
// for one row), so that they compare with those of unseen prompts also if
// the reference asks each problem several times. The ridge is chosen by
// leave-one-out error, for each feature its own; a feature that the words do
// not explain (leave-one-out R^2 under 0.02) keeps its mean.
//
// Pure; a fitted model is immutable and safe to share.
#ifndef REASONWATCH_DETECTORS_REFERENCE_PROMPT_REGRESSION_H_
#define REASONWATCH_DETECTORS_REFERENCE_PROMPT_REGRESSION_H_

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/feature.h"

namespace reasonwatch {

// One reference row in the form that is kept: 2 bytes a word, no text.
struct ReferenceRow {
  std::vector<uint16_t> terms;  // as Scored::prompt_terms
  std::array<float, kFeatureCount> values;
};

using FeatureVector = std::array<float, kFeatureCount>;

class PromptRegression {
 public:
  // Means only, until fitted.
  PromptRegression() {
    means_.fill(0);
    explained_.fill(0);
  }

  // Expected value of every feature for a prompt. O(words). Values of rate
  // features are not clamped.
  FeatureVector Expect(std::span<const uint16_t> terms) const;

  // Leave-one-out R^2 of a feature; 0 if the mean is used.
  double explained(Feature f) const {
    return explained_[static_cast<size_t>(f)];
  }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, PromptRegression& r);
  friend struct PromptRegressionFit FitPromptRegression(
      std::span<const ReferenceRow> rows);

  FeatureVector means_;
  std::array<double, kFeatureCount> explained_;
  std::vector<uint8_t> fitted_features_;  // those with weights, ascending
  std::vector<float> idf_;                // by term; empty until fitted
  std::vector<float> weights_;            // [term][fitted feature]
};

struct PromptRegressionFit {
  PromptRegression model;
  // Leave-one-out expectation of every row.
  std::vector<FeatureVector> held_out;
};

// O(rows^3): about 0.1 s for 600 rows and 2 s for 2,000, so the caller keeps
// it off the hot path. Rows without words count for the means only.
PromptRegressionFit FitPromptRegression(std::span<const ReferenceRow> rows);

// Words are hashed into this many terms.
inline constexpr int kPromptTerms = 4096;

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_PROMPT_REGRESSION_H_
