// SPDX-License-Identifier: Apache-2.0
// The counts of a reference: rank histograms of residuals and rate counts, by
// stratum, with how far the stream is from independent.
//
// Cells of a rate are (feature, stratum, expected-rate bucket of the prompt
// regression, outcome of the session's previous response). Rows are added once;
// a new prompt regression counts all of them again.
//
// Not thread-safe; one owner. Bounded by strata x features x buckets.
#ifndef REASONWATCH_DETECTORS_REFERENCE_REFERENCE_COUNTS_H_
#define REASONWATCH_DETECTORS_REFERENCE_REFERENCE_COUNTS_H_

#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/feature.h"
#include "detectors/evidence/dependence.h"
#include "detectors/evidence/rank.h"
#include "detectors/evidence/rate.h"
#include "detectors/reference/language_pairs.h"
#include "detectors/reference/packed_row.h"
#include "detectors/reference/prompt_clusters.h"
#include "detectors/reference/prompt_regression.h"

namespace reasonwatch {

inline constexpr int kMaxStrata = 24;  // the others share kOtherStratum
// Slot of the strata that found no place of their own.
inline constexpr int kOtherStratum = kMaxStrata;

// The outcomes of the session's previous response.
struct PreviousOutcome {
  bool known = false;
  uint64_t present = 0;  // bit a feature
};

// A row that was learnt; it never changes.
struct StoredRow {
  PackedRow row;
  int64_t time_ns = 0;
  PreviousOutcome previous;
  uint8_t stratum_slot = 0;
  template <typename Archive>
  friend void Describe(Archive& archive, StoredRow& s) {
    archive.Field("row", s.row);
    archive.InRange("time_ns", s.time_ns, -kMaxStored, kMaxStored);
    archive.InRange("stratum_slot", s.stratum_slot, 0, kMaxStrata);
    archive.Field("previous_present", s.previous.present);
    archive.Field("has_previous", s.previous.known);
  }
};

class ReferenceCounts {
 public:
  struct RankFeature {
    std::array<RankHistogram, kMaxStrata + 1> strata;
    Dependence dependence;
  };

  // Slot of a stratum: kOtherStratum if it is not known.
  int FindStratum(uint64_t key) const;
  // The same, with a place for it while there is one.
  int AddStratum(uint64_t key);

  // Counts a row; at most `cap` a stratum and rank, 4 cap a cell of a rate.
  void Add(const StoredRow& row, const FeatureVector& expected,
           const PromptRegression& regression, int32_t cap);
  // Forgets every count; strata keep their slots.
  void Forget();

  const RankFeature& rank(size_t index) const { return ranks_[index]; }
  // Cell of a rate; zeros if none was counted.
  RateCounts Cell(Feature f, int slot, float expected,
                  const PreviousOutcome& previous,
                  const PromptRegression& regression) const;
  // All responses of the reference; bad = above 0.
  const RateCounts& total(Feature f) const {
    return totals_[static_cast<size_t>(f)];
  }
  // The output's length of which more rows are known, by the server's count or
  // by our estimate.
  Feature OutputLength() const;
  // Rows of a stratum whose output's length is known, from one source.
  int64_t Rows(int slot) const;
  const Dependence& rate_dependence(Feature f) const {
    return rate_dependence_[static_cast<size_t>(f)];
  }
  const LanguagePairs& pairs() const { return pairs_; }
  const Dependence& pair_dependence() const { return pair_dependence_; }
  // D of a rank (docs/statistics.md, "Tolerance"); `known_prompt`: the
  // reference holds the prompt, so that answers to it are among its rows.
  double RankTolerance(size_t index, int slot, bool known_prompt = false) const;
  // The prompts of the rows; not stored, as they follow from the rows.
  const PromptClusters& prompts() const { return prompts_; }
  void SetPrompts(PromptClusters prompts) { prompts_ = std::move(prompts); }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, ReferenceCounts& c);

  void AddRank(Feature f, float value, float expected, int slot,
               int64_t time_ns, int32_t cap);

  std::vector<uint64_t> strata_;  // slot -> key
  std::array<RankFeature, kRankFeatures.size()> ranks_;
  absl::flat_hash_map<uint32_t, RateCounts> rates_;
  LanguagePairs pairs_;
  PromptClusters prompts_;
  Dependence pair_dependence_;
  std::array<RateCounts, kFeatureCount> totals_{};
  std::array<Dependence, kFeatureCount> rate_dependence_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_REFERENCE_COUNTS_H_
