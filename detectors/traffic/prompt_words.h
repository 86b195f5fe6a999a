// SPDX-License-Identifier: Apache-2.0
// How many prompts of a sample have each word, and how much more often one
// sample has the words of a prompt than another.
//
// Words are the hashed ones of Scored::prompt_terms. Values; not thread-safe.
#ifndef REASONWATCH_DETECTORS_TRAFFIC_PROMPT_WORDS_H_
#define REASONWATCH_DETECTORS_TRAFFIC_PROMPT_WORDS_H_

#include <algorithm>
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
  explicit WordCounts(uint16_t unit)
      : unit_(unit), prompts_a_unit_(1.0 / unit) {}

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
    return term < counts_.size()
               ? static_cast<double>(counts_[term]) * prompts_a_unit_
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
  double prompts_a_unit_;
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

// The logarithm of a product of factors from 1 to 2^20, taken of many at a
// time: a logarithm costs as much as ten factors.
class LogProduct {
 public:
  void Multiply(double factor) {
    constexpr int kFactors = 32;  // 2^640 is within a double
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

// How much more often one sample has a word than another. Both rates are raised
// by one prompt of the smaller sample, so that a word that is rare in both says
// little.
class WordRatio {
 public:
  WordRatio(const WordCounts& sample, const WordCounts& reference)
      : sample_(sample),
        reference_(reference),
        n_(std::max(1.0, sample.prompts())),
        m_(std::max(1.0, reference.prompts())),
        more_(1 / std::min(n_, m_)) {}
  // A word of a prompt; `with` of the reference.
  void Add(uint16_t term, double with) {
    sample_rates_.Multiply(sample_.with(term) + more_ * n_);
    reference_rates_.Multiply(with + more_ * m_);
    ++words_;
  }
  void Add(uint16_t term) { Add(term, reference_.with(term)); }
  // The sum over the words of the log of the ratio.
  double Log() const {
    return sample_rates_.Log() - reference_rates_.Log() +
           words_ * std::log(m_ / n_);
  }

 private:
  const WordCounts& sample_;
  const WordCounts& reference_;
  const double n_;
  const double m_;
  const double more_;
  // Counts, each raised by at least 1 prompt, and of at most 2^17.
  LogProduct sample_rates_;
  LogProduct reference_rates_;
  double words_ = 0;
};

// WordRatio of the words of a prompt, but for those in `ignored`.
double WordScore(PromptTermSpan terms, const WordCounts& sample,
                 const WordCounts& reference, const TermSet& ignored);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_TRAFFIC_PROMPT_WORDS_H_
