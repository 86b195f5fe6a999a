// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/packed_row.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

#include "core/scored.h"
#include "util/state_archive.h"

namespace reasonwatch {

static_assert(kFeatureCount <= 64, "a feature is a bit of PackedRow");

uint64_t PresentBits(const FeatureVector& values) {
  uint64_t bits = 0;
  for (int f = 0; f < kFeatureCount; ++f)
    if (values[static_cast<size_t>(f)] > 0) bits |= uint64_t{1} << f;
  return bits;
}

FeatureVector ReadingsOf(const Scored& scored) {
  FeatureVector readings = scored.readings;
  if (scored.habits_known > 0)
    readings[static_cast<size_t>(Feature::kHabitsShown)] =
        std::log2(1.0F + static_cast<float>(std::popcount(scored.habits)));
  return readings;
}

PackedRow::PackedRow(const Scored& scored)
    : languages_{scored.expected_language, scored.answer_language} {
  const std::vector<uint16_t>& terms = scored.prompt_terms;
  term_count_ =
      static_cast<uint16_t>(std::min<size_t>(terms.size(), kPromptTerms));
  terms_ = std::make_unique<uint16_t[]>(term_count_);
  std::copy_n(terms.begin(), term_count_, terms_.get());
  FeatureVector values = ReadingsOf(scored);
  for (const Feature length : kCountedLengths)
    if (scored.lengths.Estimated(length))
      values[static_cast<size_t>(length)] = kNoReading;
  // A response that was cut off is no example of anything but that.
  if (scored.lower_bound) {
    const float cut = scored.reading(Feature::kCutInTransport);
    values.fill(kNoReading);
    values[static_cast<size_t>(Feature::kCutInTransport)] = cut;
    languages_ = LanguagePair();
  }
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) continue;
    read_ |= uint64_t{1} << i;
    if (values[i] > 0) present_ |= uint64_t{1} << i;
  }
  for (size_t r = 0; r < ranks_.size(); ++r)
    ranks_[r] = values[static_cast<size_t>(kRankFeatures[r])];
}

void PackedRow::DropCount(Feature length) {
  const uint64_t bit = uint64_t{1} << static_cast<int>(length);
  read_ &= ~bit;
  present_ &= ~bit;
  ranks_[RankIndex(length)] = kNoReading;
}

FeatureVector PackedRow::values() const {
  FeatureVector values;
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = (read_ >> i & 1) == 0      ? kNoReading
                : (present_ >> i & 1) == 0 ? 0.0F
                                           : 1.0F;
  }
  for (size_t r = 0; r < ranks_.size(); ++r)
    values[static_cast<size_t>(kRankFeatures[r])] = ranks_[r];
  return values;
}

template <typename Archive>
void Describe(Archive& archive, PackedRow& row) {
  std::vector<uint16_t> terms(row.terms().begin(), row.terms().end());
  archive.Field("terms", terms);
  if constexpr (Archive::kReads) {
    archive.Require(terms.size() <= kPromptTerms);
    if (!archive.ok()) return;
    row.term_count_ = static_cast<uint16_t>(terms.size());
    row.terms_ = std::make_unique<uint16_t[]>(terms.size());
    std::copy(terms.begin(), terms.end(), row.terms_.get());
  }
  archive.Field("languages", row.languages_);
  archive.Field("read", row.read_);
  archive.Field("present", row.present_);
  DescribePerRank(archive, "ranks", row.ranks_);
}
REASONWATCH_DESCRIBE(PackedRow);

}  // namespace reasonwatch
