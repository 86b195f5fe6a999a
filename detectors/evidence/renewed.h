// SPDX-License-Identifier: Apache-2.0
// Evidence that an open signal shows more than when re-scoring cleared it.
//
// The change that opened a signal keeps paying, so its own statistic says
// nothing new. From an alarm on the pay-offs of each channel are learnt, until
// the alarm is cleared and kLearnt of its pay-offs were seen. Thereafter the
// statistic of bets.h runs against that: for a rate the bets are those of
// rate.h on the rate that was learnt, for a rank e^lambda / max(1, m + 2 s.e.)
// with m the mean pay-off that was learnt. Either has a mean of at most 1 while
// nothing is worse than at the clearing, however bad that was; so, but for the
// error of the learnt pay-offs, the mean number of responses until it reaches A
// is at least A.
//
// One channel's. Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_EVIDENCE_RENEWED_H_
#define REASONWATCH_DETECTORS_EVIDENCE_RENEWED_H_

#include <array>
#include <cstdint>
#include <span>

#include "detectors/evidence/bets.h"

namespace reasonwatch {

class RenewedEvidence {
 public:
  static constexpr int32_t kLearnt = 50;  // responses until the rate is its own

  // `index` numbers the responses of the stream from 0.
  void ObserveRank(const PayOff& pay_off, bool cleared, int64_t index);
  // `shares`: of the bets.
  void ObserveRate(const PayOff& pay_off, std::span<const double> shares,
                   bool cleared, int64_t index);
  // The evidence since the clearing; empty before.
  const Mixture& since() const { return since_; }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, RenewedEvidence& e);

  int32_t learnt_ = 0;
  int32_t bad_ = 0;  // of a rate
  // Sums of e^lambda, a bet of a rank each.
  std::array<double, kMaxBets> sum_{};
  std::array<double, kMaxBets> squares_{};
  Mixture since_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_EVIDENCE_RENEWED_H_
