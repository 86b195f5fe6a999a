// SPDX-License-Identifier: Apache-2.0
// Pay-offs from the rank of a number among its reference.
//
// The reference of a stratum is a histogram of residuals, in log2 units, 8 bins
// an octave, 144 bins centred on 0. With N_lt, N_eq below and in the response's
// bin and n in all, before the response is learnt:
//
//   F_lo = N_lt/(n+1), F_hi = (N_lt+N_eq+1)/(n+1), z = PhiInv(F)
//   l(delta) = mass(z_lo+D+delta, z_hi+D+delta) / mass(z_lo+D, z_hi+D)
//   e_j = 1 - phi_j + phi_j l(delta_j)
//
// The "+1" makes l an averaged conformal e-value (Vovk et al. 2005): its mean
// is 1 when the response is exchangeable with the reference, whatever the
// distribution; a stratum that was never seen gives l = 1 exactly. D is the
// tolerance, in standard deviations: a shift that size is still healthy.
//
// In the outermost bin that was seen a response ends at n/(n+1) (begins at
// 1/(n+1) for the lower tail): the last place is for values beyond it, and the
// mean is below 1. Else, in a reference that is all zeros, one zero more would
// be no evidence at all against a rise, l = 1, and rare values would add up
// unopposed for as long as none of them is learnt.
#ifndef REASONWATCH_DETECTORS_EVIDENCE_RANK_H_
#define REASONWATCH_DETECTORS_EVIDENCE_RANK_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "detectors/evidence/bets.h"

namespace reasonwatch {

inline constexpr int kRankBins = 144;  // 9 octaves on each side of the expected
inline constexpr double kRankBinsPerOctave = 8;  // 9 % a bin

// Bin of a residual in log2 units; the ends take the values beyond them.
int RankBin(double residual);

class RankHistogram {
 public:
  void Add(int bin);
  int64_t count() const { return count_; }
  // Normal scores of the interval that a response in `bin` would take. Ties
  // give up its upper end for the upper tail, its lower one for the lower.
  struct Scores {
    double low;
    double high;
    double low_of_lower;
    double high_of_upper;
  };
  Scores ScoresOf(int bin) const;
  // Median residual, NaN when empty.
  double Median() const;
  int32_t bin_count(int bin) const {
    return bins_.empty() ? 0 : bins_[static_cast<size_t>(bin)];
  }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, RankHistogram& h);

  int32_t count_ = 0;
  std::vector<uint16_t> bins_;  // empty until the first Add
};

enum class Tail : uint8_t { kLow, kHigh };

// A bet that a share phi of the responses has moved by delta standard
// deviations: from a shift of all of them by half a deviation to one of a tenth
// by three (docs/statistics.md, "Each channel bets").
struct RankBet {
  double phi;
  double delta;
};
inline constexpr std::array<RankBet, 6> kRankBets = {
    {{1, .5}, {1, 1}, {1, 2}, {.3, 1.5}, {.3, 3}, {.1, 3}}};
// phi of each.
inline constexpr std::array<double, kRankBets.size()> kRankShares = [] {
  std::array<double, kRankBets.size()> shares{};
  for (size_t j = 0; j < shares.size(); ++j) shares[j] = kRankBets[j].phi;
  return shares;
}();
// Rank bets are conservative: a channel with threshold A alarms falsely once in
// about 2.15 A responses, a rate channel once in A (measured;
// docs/statistics.md, "Evidence adds up").
inline constexpr double kRankCalibration = 2.15;

// Fills e for the bets of kRankBets. `tolerance` is D. With `at_least` the
// response is known to rank at its bin or above (its client cut it off).
void RankPayOff(const RankHistogram::Scores& scores, Tail tail,
                double tolerance, bool at_least, PayOff& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_EVIDENCE_RANK_H_
