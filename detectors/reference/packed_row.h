// SPDX-License-Identifier: Apache-2.0
// A response in the form in which references keep it.
#ifndef REASONWATCH_DETECTORS_REFERENCE_PACKED_ROW_H_
#define REASONWATCH_DETECTORS_REFERENCE_PACKED_ROW_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/feature.h"
#include "detectors/reference/language_pairs.h"
#include "detectors/reference/prompt_regression.h"

namespace reasonwatch {

struct Scored;

// Readings that are ranked; every other one is a rate. New ones go to the end.
inline constexpr std::array kRankFeatures = {
    Feature::kOutputTokens,
    Feature::kReasoningTokens,
    Feature::kMinorityScript,
    Feature::kSymbolDensity,
    Feature::kHabitsShown,
    Feature::kEstimatedOutputTokens,
    Feature::kEstimatedReasoningTokens};
constexpr size_t RankIndex(Feature feature) {  // kRankFeatures.size(): none
  size_t i = 0;
  while (i < kRankFeatures.size() && kRankFeatures[i] != feature) ++i;
  return i;
}
constexpr bool IsRank(Feature f) { return RankIndex(f) < kRankFeatures.size(); }

// A stored array with an element a ranked feature, as DescribePerFeature().
template <typename Archive, typename T>
void DescribePerRank(Archive& archive, std::string_view name,
                     std::array<T, kRankFeatures.size()>& values) {
  constexpr size_t kRanksAtFirst = 5;  // of the first stored version
  archive.Growing(name, "ranked_features", kRanksAtFirst, values);
}

// The readings, and those that follow from other fields of a response.
FeatureVector ReadingsOf(const Scored& scored);

// Bit a feature: its value is above 0.
uint64_t PresentBits(const FeatureVector& values);
constexpr bool HasBit(uint64_t bits, Feature f) {
  return (bits >> static_cast<int>(f) & 1) != 0;
}

// The readings and words of a response, packed: thousands are kept a stream.
// A length that the server did not count is there as its estimate only, so that
// no row mixes the two sources; rows of version 0.1.0 may.
// Readings other than those of kRankFeatures are 0, 1 or absent.
class PackedRow {
 public:
  PackedRow() = default;
  explicit PackedRow(const Scored& scored);

  FeatureVector values() const;
  std::span<const uint16_t> terms() const {
    return {terms_.get(), term_count_};
  }
  LanguagePair languages() const { return languages_; }
  // Leaves the estimate as the only length.
  void DropCount(Feature length);

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, PackedRow& row);

  static constexpr std::array<float, kRankFeatures.size()> Unread() {
    std::array<float, kRankFeatures.size()> ranks{};
    ranks.fill(kNoReading);
    return ranks;
  }

  std::unique_ptr<uint16_t[]> terms_;
  // At most kPromptTerms, which are without repeats.
  uint16_t term_count_ = 0;
  LanguagePair languages_;
  uint64_t read_ = 0;  // bit a feature: it could be read
  uint64_t present_ = 0;
  std::array<float, kRankFeatures.size()> ranks_ = Unread();
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_REFERENCE_PACKED_ROW_H_
