// SPDX-License-Identifier: Apache-2.0
#include "detectors/evidence/rank.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "detectors/evidence/normal.h"
#include "util/state_archive.h"

namespace reasonwatch {

int RankBin(double residual) {
  const double bin =
      std::floor(residual * kRankBinsPerOctave) + kRankBins / 2.0;
  // NaN falls into the first bin too.
  if (!(bin > 0)) return 0;
  return static_cast<int>(std::min(bin, kRankBins - 1.0));
}

void RankHistogram::Add(int bin) {
  if (bins_.empty()) bins_.assign(kRankBins, 0);
  uint16_t& n = bins_[static_cast<size_t>(bin)];
  if (n == std::numeric_limits<uint16_t>::max()) return;
  ++n;
  ++count_;
}

RankHistogram::Scores RankHistogram::ScoresOf(int bin) const {
  int32_t below = 0;
  int32_t equal = 0;
  if (!bins_.empty()) {
    for (int i = 0; i < bin; ++i) below += bins_[static_cast<size_t>(i)];
    equal = bins_[static_cast<size_t>(bin)];
  }
  const double n = count_ + 1.0;
  Scores scores{.low = NormalQuantile(below / n),
                .high = NormalQuantile((below + equal + 1) / n),
                .low_of_lower = 0,
                .high_of_upper = 0};
  // The outermost bin that was seen leaves one place for values beyond it.
  scores.low_of_lower =
      equal > 0 && below == 0 ? NormalQuantile(1 / n) : scores.low;
  scores.high_of_upper = equal > 0 && below + equal == count_
                             ? NormalQuantile((below + equal) / n)
                             : scores.high;
  return scores;
}

double RankHistogram::Median() const {
  if (count_ == 0) return std::numeric_limits<double>::quiet_NaN();
  int32_t below = 0;
  for (int i = 0; i < kRankBins; ++i) {
    below += bins_[static_cast<size_t>(i)];
    if (2 * below >= count_)
      return (i + 0.5 - kRankBins / 2.0) / kRankBinsPerOctave;
  }
  return 0;
}

template <typename Archive>
void Describe(Archive& archive, RankHistogram& h) {
  archive.Field("count", h.count_);
  archive.Field("bins", h.bins_);
  if constexpr (Archive::kReads) {
    archive.Require(h.bins_.empty() || h.bins_.size() == kRankBins);
    archive.Require(h.count_ == std::accumulate(h.bins_.begin(), h.bins_.end(),
                                                int32_t{0}) &&
                    h.bins_.empty() == (h.count_ == 0));
  }
}
REASONWATCH_DESCRIBE(RankHistogram);

void RankPayOff(const RankHistogram::Scores& scores, Tail tail,
                double tolerance, bool at_least, PayOff& out) {
  double low = tail == Tail::kLow ? scores.low_of_lower : scores.low;
  double high = tail == Tail::kLow ? scores.high : scores.high_of_upper;
  if (at_least) {
    if (tail == Tail::kHigh) {
      out.bets = 0;
      return;
    }
    high = std::numeric_limits<double>::infinity();
  }
  if (tail == Tail::kHigh) {
    std::swap(low, high);
    low = -low;
    high = -high;
  }
  const double healthy = NormalMass(low + tolerance, high + tolerance);
  out.bets = static_cast<int>(std::size(kRankBets));
  // Two bets share delta = 3; the mass is computed once for both.
  double last_delta = 0;
  double l = 1;
  for (size_t j = 0; j < std::size(kRankBets); ++j) {
    const auto& bet = kRankBets[j];
    if (bet.delta != last_delta) {
      const double shifted =
          NormalMass(low + tolerance + bet.delta, high + tolerance + bet.delta);
      l = healthy > 0 ? shifted / healthy : 1;
      last_delta = bet.delta;
    }
    out.e[j] = 1 - bet.phi + bet.phi * l;
  }
}

}  // namespace reasonwatch
