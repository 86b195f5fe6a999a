// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/language_pairs.h"

#include <algorithm>

#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Rare is one in 50, 2 %, or less.
constexpr int32_t kOneIn = 50;
// Sums of a language's counts stay within 32 bits.
constexpr int32_t kMaxCount = 1 << 24;

uint16_t KeyOf(LanguagePair pair) {
  return static_cast<uint16_t>(pair.expected << 8 | pair.answer);
}

}  // namespace

LanguagePairs::Verdict LanguagePairs::Judge(LanguagePair pair) const {
  const auto begin = counts_.lower_bound(KeyOf({pair.expected, 0}));
  int32_t own = 1;
  int32_t all = 1;
  auto end = begin;
  for (; end != counts_.end() && end->first >> 8 == pair.expected; ++end) {
    all += end->second;
    if (end->first == KeyOf(pair)) own += end->second;
  }
  const auto rare = [all](int32_t m) {
    return m == 1 || int64_t{m} * kOneIn <= all;
  };
  // A language that found no room is as good as common.
  Verdict verdict;
  verdict.rare = rare(own) && (own > 1 || counts_.size() < kMaxLanguagePairs);
  int32_t rare_ones = verdict.rare ? own : 0;
  for (auto it = begin; it != end; ++it)
    if (it->first != KeyOf(pair) && rare(it->second)) rare_ones += it->second;
  verdict.healthy = {.bad = std::max(0, rare_ones - 1), .count = all - 1};
  return verdict;
}

void LanguagePairs::Add(LanguagePair pair) {
  const auto it = counts_.find(KeyOf(pair));
  if (it != counts_.end()) {
    it->second = std::min(it->second + 1, kMaxCount);
  } else if (counts_.size() < kMaxLanguagePairs) {
    counts_[KeyOf(pair)] = 1;
  }
}

template <typename Archive>
void Describe(Archive& archive, LanguagePairs& p) {
  archive.MapWith("counts", p.counts_, kMaxLanguagePairs,
                  [&](uint16_t, int32_t& count) {
                    archive.InRange("count", count, 1, kMaxCount);
                  });
}
REASONWATCH_DESCRIBE(LanguagePairs);

}  // namespace reasonwatch
