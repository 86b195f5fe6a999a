// SPDX-License-Identifier: Apache-2.0
#include "detectors/traffic/prompt_kinds.h"

#include <algorithm>

namespace reasonwatch {
namespace {

// Prompts from which a kind's words are counted: more would add little, and a
// kind that drifts is to be a new one.
constexpr double kMostCounted = 200;
// Weight of the latest prompt in a kind's share: about the last 100.
constexpr double kShareWeight = .01;
// Rows of the reference that say how its own prompts score.
constexpr size_t kScoredRows = 200;
// Share of the reference's rows that may be taken for the kind.
constexpr double kMistaken = .02;
// Least score of a kind's prompt: a factor of e.
constexpr double kLeastScore = 1;
constexpr uint8_t kLastId = 255;  // of 8 bits

}  // namespace

PromptKind* PromptKinds::Find(PromptTermSpan terms, const WordCounts& reference,
                              const TermSet& ignored) {
  PromptKind* best = nullptr;
  double best_score = 0;
  for (PromptKind& kind : kinds_) {
    if (!kind.established) continue;
    const double score = WordScore(terms, kind.words, reference, ignored);
    if (score < kind.least_score || score <= best_score) continue;
    best = &kind;
    best_score = score;
  }
  return best;
}

bool PromptKinds::Knows(PromptTermSpan terms, const WordCounts& reference,
                        const TermSet& ignored) const {
  return std::any_of(kinds_.begin(), kinds_.end(), [&](const PromptKind& kind) {
    return kind.established &&
           WordScore(terms, kind.words, reference, ignored) >= kind.least_score;
  });
}

PromptKind* PromptKinds::Growing(int64_t since_ns) {
  if (!kinds_.empty() && !kinds_.back().established) return &kinds_.back();
  if (kinds_.size() >= kMaxKinds || next_id_ == kLastId) return nullptr;
  PromptKind& kind = kinds_.emplace_back();
  kind.id = next_id_++;
  kind.since_ns = since_ns;
  return &kind;
}

const PromptKind* PromptKinds::growing() const {
  return !kinds_.empty() && !kinds_.back().established ? &kinds_.back()
                                                       : nullptr;
}

void PromptKinds::DropGrowing() {
  if (growing() != nullptr) kinds_.pop_back();
}

void PromptKinds::Count(PromptKind* kind, PromptTermSpan terms,
                        bool other_system) {
  for (PromptKind& k : kinds_) {
    // A plain mean at first.
    const double weight =
        std::max(kShareWeight, 1 / static_cast<double>(++k.heard));
    k.share += weight * ((&k == kind ? 1 : 0) - k.share);
  }
  if (kind == nullptr) return;
  ++kind->seen;
  kind->other_systems += other_system;
  if (kind->words.prompts() < kMostCounted) kind->words.Add(terms);
}

void PromptKinds::Establish(const PromptRows& rows, const WordCounts& reference,
                            const TermSet& ignored) {
  if (growing() == nullptr) return;
  PromptKind& kind = kinds_.back();
  std::vector<double> scores;
  const size_t step = std::max<size_t>(1, rows.size / kScoredRows);
  for (size_t i = 0; i < rows.size; i += step) {
    const PromptTermSpan terms = rows.terms(i);
    if (!terms.empty())
      scores.push_back(WordScore(terms, kind.words, reference, ignored));
  }
  kind.least_score = kLeastScore;
  if (!scores.empty()) {
    const auto at =
        scores.begin() +
        static_cast<std::ptrdiff_t>(static_cast<double>(scores.size() - 1) *
                                    (1 - kMistaken));
    std::nth_element(scores.begin(), at, scores.end());
    kind.least_score = std::max(kLeastScore, *at);
  }
  kind.established = true;
}

size_t PromptKinds::bytes() const {
  size_t sum = kinds_.capacity() * sizeof(PromptKind);
  for (const PromptKind& kind : kinds_) sum += kind.words.bytes();
  return sum;
}

}  // namespace reasonwatch
