// SPDX-License-Identifier: Apache-2.0
#include "detectors/traffic/prompt_words.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string_view>

#include "util/strings.h"

namespace reasonwatch {
namespace {

// A sample that is decayed loses one part in ten at a time.
constexpr uint16_t kDecayParts = 10;
constexpr uint16_t kMostCounted = 65535;  // of 16 bits

uint16_t Units(double weight, uint16_t unit) {
  return static_cast<uint16_t>(
      std::min<double>(kMostCounted, std::round(weight * unit)));
}

}  // namespace

uint32_t PromptKeyOf(PromptTermSpan terms) {
  const std::span<const std::byte> bytes = std::as_bytes(terms);
  const uint64_t hash = StableHash(std::string_view(
      static_cast<const char*>(static_cast<const void*>(bytes.data())),
      bytes.size()));
  return std::max<uint32_t>(1, static_cast<uint32_t>(hash));
}

void WordCounts::Add(PromptTermSpan terms, double weight) {
  if (counts_.empty()) counts_.resize(kTwinTerms);
  const uint16_t units = Units(weight, unit_);
  for (const uint16_t t : terms) {
    if (t >= kTwinTerms) continue;
    counts_[t] += std::min<uint16_t>(
        units, static_cast<uint16_t>(kMostCounted - counts_[t]));
  }
  prompts_ += static_cast<double>(units) / unit_;
}

void WordCounts::Decay() {
  for (uint16_t& count : counts_)
    count =
        static_cast<uint16_t>(count - (count + kDecayParts / 2) / kDecayParts);
  prompts_ *= 1 - 1.0 / kDecayParts;
}

void WordCounts::Clear() {
  counts_ = {};
  prompts_ = 0;
}

void WordCounts::TakeOut(PromptTermSpan terms, double weight,
                         std::vector<Removed>& removed) {
  if (counts_.empty()) return;
  const uint16_t units = Units(weight, unit_);
  for (const uint16_t t : terms) {
    if (t >= kTwinTerms) continue;
    const uint16_t amount = std::min(units, counts_[t]);
    if (amount == 0) continue;
    counts_[t] = static_cast<uint16_t>(counts_[t] - amount);
    removed.push_back({t, amount});
  }
  prompts_ -= weight;
}

void WordCounts::PutBack(const std::vector<Removed>& removed, double weight) {
  for (const Removed& r : removed)
    counts_[r.term] = static_cast<uint16_t>(counts_[r.term] + r.amount);
  prompts_ += weight;
}

void TermSet::Insert(uint16_t term) {
  if (term >= kTwinTerms) return;
  if (bits_.empty()) bits_.resize(kTwinTerms / 64);
  bits_[term / 64] |= uint64_t{1} << (term % 64);
}

double WordScore(PromptTermSpan terms, const WordCounts& sample,
                 const WordCounts& reference, const TermSet& ignored) {
  WordRatio ratio(sample, reference);
  for (const uint16_t t : terms)
    if (!ignored.Contains(t)) ratio.Add(t);
  return ratio.Log();
}

}  // namespace reasonwatch
