// SPDX-License-Identifier: Apache-2.0
// How much a reference knows that asks few prompts often.
//
// Answers to one prompt are alike, so that 60 prompts asked 16 times say less
// of another prompt's answer than 960 prompts do. The design effect of a
// feature is the number of such rows that one independent row is worth: 1 +
// (m - 1) rho, with m the rows a prompt, weighted by themselves, and rho the
// share of the variance that lies between prompts (one-way analysis of
// variance; Kish 1965). It is 1 if each prompt was asked once, or if prompts
// do not differ.
//
// A value; const access is safe from several threads.
#ifndef REASONWATCH_DETECTORS_REFERENCE_PROMPT_CLUSTERS_H_
#define REASONWATCH_DETECTORS_REFERENCE_PROMPT_CLUSTERS_H_

#include <array>
#include <cstdint>
#include <span>

#include "absl/container/flat_hash_set.h"
#include "core/feature.h"
#include "detectors/reference/packed_row.h"

namespace reasonwatch {

class PromptClusters {
 public:
  // No prompt is known, and each effect is 1.
  PromptClusters() { effects_.fill(1); }
  // Reads the rows of a reference; O(rows x features). A row without words is
  // a prompt of its own.
  explicit PromptClusters(std::span<const PackedRow* const> rows);

  // Does the reference hold this prompt, by its words?
  bool Knows(std::span<const uint16_t> terms) const;
  // At least 1.
  double DesignEffect(Feature f) const {
    return effects_[static_cast<size_t>(f)];
  }
  // Distinct prompts with words.
  size_t prompts() const { return known_.size(); }

 private:
  absl::flat_hash_set<uint64_t> known_;
  std::array<float, kFeatureCount> effects_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_PROMPT_CLUSTERS_H_
