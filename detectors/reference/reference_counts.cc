// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/reference_counts.h"

#include <algorithm>
#include <cmath>

#include "detectors/evidence/normal.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Prompts whose words let expect about the same rate share a cell; finer cells
// would know too little of each.
constexpr double kRateBuckets[] = {.02, .1, .3, .7, .9, .98};
// 35 features x 25 strata x 7 buckets x 3 outcomes are under 20,000 cells; a
// stored reference may be of a release with more features.
constexpr uint32_t kMaxCells = 1u << 20;

uint32_t CellKey(Feature f, int slot, float expected,
                 const PreviousOutcome& previous,
                 const PromptRegression& regression) {
  uint32_t bucket = 0;
  if (regression.explained(f) > 0) {
    ++bucket;
    for (double edge : kRateBuckets) bucket += expected > edge;
  }
  const uint32_t outcome =
      previous.known ? (HasBit(previous.present, f) ? 2u : 1u) : 0u;
  return static_cast<uint32_t>(f) << 16 | static_cast<uint32_t>(slot) << 8 |
         bucket << 4 | outcome;
}

}  // namespace

int ReferenceCounts::FindStratum(uint64_t key) const {
  for (size_t i = 0; i < strata_.size(); ++i)
    if (strata_[i] == key) return static_cast<int>(i);
  return kOtherStratum;
}

int ReferenceCounts::AddStratum(uint64_t key) {
  const int slot = FindStratum(key);
  if (slot != kOtherStratum || strata_.size() >= kMaxStrata) return slot;
  strata_.push_back(key);
  return static_cast<int>(strata_.size()) - 1;
}

void ReferenceCounts::AddRank(Feature f, float value, float expected, int slot,
                              int64_t time_ns, int32_t cap) {
  RankFeature& rank = ranks_[RankIndex(f)];
  RankHistogram& histogram = rank.strata[static_cast<size_t>(slot)];
  const int bin = RankBin(value - expected);
  const auto scores = histogram.ScoresOf(bin);
  // Mid-rank normal score.
  const double z =
      NormalQuantile((NormalCdf(scores.low) + NormalCdf(scores.high)) / 2);
  rank.dependence.Add(z, time_ns);
  if (histogram.count() < cap) histogram.Add(bin);
}

void ReferenceCounts::Add(const StoredRow& row, const FeatureVector& expected,
                          const PromptRegression& regression, int32_t cap) {
  const int slot = row.stratum_slot;
  const int64_t time_ns = row.time_ns;
  const FeatureVector values = row.row.values();
  for (size_t i = 0; i < kFeatureCount; ++i) {
    const auto f = static_cast<Feature>(i);
    const float value = values[i];
    if (std::isnan(value)) continue;
    const bool present = value > 0;
    ++totals_[i].count;
    totals_[i].bad += present;
    if (IsRank(f)) {
      AddRank(f, value, expected[i], slot, time_ns, cap);
      continue;
    }
    rate_dependence_[i].Add(present, time_ns);
    RateCounts& cell =
        rates_[CellKey(f, slot, expected[i], row.previous, regression)];
    if (cell.count < 4 * cap) {
      ++cell.count;
      cell.bad += present;
    }
  }
  const LanguagePair languages = row.row.languages();
  if (languages.known()) {
    pair_dependence_.Add(pairs_.Judge(languages).rare, time_ns);
    pairs_.Add(languages);
  }
}

void ReferenceCounts::Forget() {
  for (RankFeature& rank : ranks_) rank = RankFeature();
  rates_.clear();
  totals_.fill(RateCounts());
  rate_dependence_.fill(Dependence());
  pairs_ = LanguagePairs();
  pair_dependence_ = Dependence();
}

Feature ReferenceCounts::OutputLength() const {
  constexpr Feature kEstimate = EstimateOf(Feature::kOutputTokens);
  return 2 * total(Feature::kOutputTokens).count >= total(kEstimate).count
             ? Feature::kOutputTokens
             : kEstimate;
}

int64_t ReferenceCounts::Rows(int slot) const {
  const auto rows = [&](Feature f) {
    return ranks_[RankIndex(f)].strata[static_cast<size_t>(slot)].count();
  };
  return std::max(rows(Feature::kOutputTokens),
                  rows(EstimateOf(Feature::kOutputTokens)));
}

RateCounts ReferenceCounts::Cell(Feature f, int slot, float expected,
                                 const PreviousOutcome& previous,
                                 const PromptRegression& regression) const {
  const auto it = rates_.find(CellKey(f, slot, expected, previous, regression));
  return it == rates_.end() ? RateCounts() : it->second;
}

double ReferenceCounts::RankTolerance(size_t index, int slot,
                                      bool known_prompt) const {
  const RankFeature& rank = ranks_[index];
  const auto n = rank.strata[static_cast<size_t>(slot)].count();
  const double effect =
      known_prompt ? 1 : prompts_.DesignEffect(kRankFeatures[index]);
  // Clustered rows err by more, in any unit, so that fewer responses would show
  // an error of the same likelihood: one standard error more.
  const double errors = 2 + std::min(1.0, effect - 1);
  return 1.25 * rank.dependence.tau() +
         (n > 0 ? errors * std::sqrt(effect / static_cast<double>(n)) : 0);
}

template <typename Archive>
void Describe(Archive& archive, ReferenceCounts::RankFeature& r) {
  archive.Field("strata", r.strata);
  archive.Field("dependence", r.dependence);
}

template <typename Archive>
void Describe(Archive& archive, ReferenceCounts& c) {
  archive.Field("strata", c.strata_);
  archive.Require(c.strata_.size() <= kMaxStrata);
  DescribePerRank(archive, "ranks", c.ranks_);
  archive.Map("rates", c.rates_, kMaxCells);
  DescribePerFeature(archive, "totals", c.totals_);
  DescribePerFeature(archive, "rate_dependence", c.rate_dependence_);
  archive.Field("pairs", c.pairs_);
  archive.Field("pair_dependence", c.pair_dependence_);
}
REASONWATCH_DESCRIBE(ReferenceCounts);

}  // namespace reasonwatch
