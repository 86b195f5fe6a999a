// SPDX-License-Identifier: Apache-2.0
// The evidence of one channel, and how channels are joined into a signal.
//
//   R_signal = sum_c w_c r_c R_c,   sum w = 1 over the channels that have
//   spoken
//
// A channel asked by turn and fill is (R_all + R_fill + R_turn/2), scaled to
// weights of sum 1; R_fill and R_turn are the means of the buckets' own
// mixtures and join once such a bucket was seen. r_c corrects for conservative
// bets (kRankCalibration for ranks, 1 for rates). Supporting channels count up
// to the sum of the others.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_LEVEL_SIGNAL_EVIDENCE_H_
#define REASONWATCH_DETECTORS_LEVEL_SIGNAL_EVIDENCE_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "core/stratum.h"
#include "detectors/evidence/bets.h"
#include "detectors/signals/channel.h"

namespace reasonwatch {

// Shares phi of the bets on a channel that is asked this question.
std::span<const double> BetShares(Question question);

class ChannelEvidence {
 public:
  // A response that says something here. `open`: the channel's signal is.
  void Observe(const PayOff& pay_off, const ChannelSpec& spec,
               const Stratum& stratum, int64_t index, bool open);
  // Forgets the evidence of excursions that began at `index` or later.
  void SetBack(int64_t index);
  // Scales every statistic, so that the channel's own is scaled.
  void Scale(double factor);

  double Statistic() const;
  // At least one response has said something.
  bool spoken() const { return all_.size() > 0; }
  // No bet is inside an excursion.
  bool Quiet() const;
  // The mixture that carries the evidence: a bucket's if it outweighs the one
  // of all responses tenfold.
  const Mixture& Leading() const;

  // Describes it; `spec` is null for a channel that this build has not.
  // Excursions begin before response `responses`.
  template <typename Archive>
  void DescribeAs(Archive& archive, const ChannelSpec* spec, int64_t responses);

 private:
  using Buckets = std::array<Mixture, 3>;

  Mixture all_;
  // Turn buckets 1, 2-5, 6+; fill buckets under 50 %, 50-75 %, over.
  std::unique_ptr<Buckets> turn_;
  std::unique_ptr<Buckets> fill_;
};

// The weighted mean over a signal's channels, added in a fixed order.
class JoinedEvidence {
 public:
  void Add(const ChannelSpec& spec, double statistic);
  double Statistic() const;

 private:
  double sum_ = 0;
  double supporting_ = 0;
  double weight_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_LEVEL_SIGNAL_EVIDENCE_H_
