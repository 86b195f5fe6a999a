// SPDX-License-Identifier: Apache-2.0
// How many prompts of a sample have each word, and how much more often one
// sample has the words of a prompt than another.
//
// Words are the hashed ones of Scored::prompt_terms. Values; not thread-safe.
#ifndef REASONWATCH_DETECTORS_TRAFFIC_PROMPT_WORDS_H_
#define REASONWATCH_DETECTORS_TRAFFIC_PROMPT_WORDS_H_

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "absl/functional/function_ref.h"
#include "util/state_archive.h"

namespace reasonwatch {

using PromptTermSpan = std::span<const uint16_t>;

// The prompts of a stream's reference, by row. A row without words is empty.
struct PromptRows {
  size_t size = 0;
  absl::FunctionRef<PromptTermSpan(size_t)> terms;
};

// Words are hashed into this many terms (features/prompt.h).
inline constexpr size_t kTwinTerms = 4096;

// Known again by its words; never 0.
uint32_t PromptKeyOf(PromptTermSpan terms);

// Counts of a sample of prompts by term: 8 KB, from the first prompt on.
class WordCounts {
 public:
  // A prompt counts `unit` each: 1 of a reference, more of a sample that is
  // decayed in whole numbers. Counts stay below 65,536.
  explicit WordCounts(uint16_t unit) : unit_(unit) {}

  // Adds a prompt with a weight in (0, 1].
  void Add(PromptTermSpan terms, double weight = 1);
  // Every count loses a tenth.
  void Decay();
  void Clear();

  // Takes `weight` prompts of these words out, as far as they are there, and
  // notes them in `removed`, so that PutBack() undoes it.
  struct Removed {
    uint16_t term = 0;
    uint16_t amount = 0;
  };
  void TakeOut(PromptTermSpan terms, double weight,
               std::vector<Removed>& removed);
  // `weight`: the sum of those that were taken out.
  void PutBack(const std::vector<Removed>& removed, double weight);

  // Prompts in the sample.
  double prompts() const { return prompts_; }
  // Prompts that have the term.
  double with(uint16_t term) const {
    return term < counts_.size() ? static_cast<double>(counts_[term]) / unit_
                                 : 0;
  }
  size_t bytes() const { return counts_.capacity() * sizeof(uint16_t); }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, WordCounts& c) {
    archive.Field("counts", c.counts_);
    archive.Field("prompts", c.prompts_);
    archive.Require(c.counts_.empty() || c.counts_.size() == kTwinTerms);
    archive.Require(c.prompts_ >= 0);
  }

  uint16_t unit_;
  double prompts_ = 0;
  std::vector<uint16_t> counts_;
};

// A set of terms; 512 bytes from the first one on.
class TermSet {
 public:
  void Insert(uint16_t term);
  bool Contains(uint16_t term) const {
    return !bits_.empty() && term < kTwinTerms &&
           (bits_[term / 64] >> (term % 64) & 1) != 0;
  }
  bool empty() const { return bits_.empty(); }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, TermSet& s) {
    archive.Field("bits", s.bits_);
    archive.Require(s.bits_.empty() || s.bits_.size() == kTwinTerms / 64);
  }
  std::vector<uint64_t> bits_;
};

// The logarithm of a product, taken of a few factors at a time, each between
// 1e-30 and 1e30: a logarithm costs as much as ten factors.
class LogProduct {
 public:
  void Multiply(double factor) {
    constexpr int kFactors = 8;  // 1e240 is within a double
    product_ *= factor;
    if (++factors_ % kFactors != 0) return;
    sum_ += std::log(product_);
    product_ = 1;
  }
  double Log() const { return sum_ + std::log(product_); }

 private:
  double sum_ = 0;
  double product_ = 1;
  int factors_ = 0;
};

// Sum over the words of the prompt, but for those in `ignored`, of the log of
// how much more often `sample` has them than `reference`. Both rates are
// raised by one prompt of the smaller sample, so that a word that is rare in
// both says little.
double WordScore(PromptTermSpan terms, const WordCounts& sample,
                 const WordCounts& reference, const TermSet& ignored);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_TRAFFIC_PROMPT_WORDS_H_
