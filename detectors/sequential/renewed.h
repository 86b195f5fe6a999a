// Evidence that an open signal shows more than when re-scoring cleared it.
//
// What opened a signal keeps paying, so its own statistic says nothing new.
// From an alarm on it is learnt what each channel shows, until the alarm is
// cleared and kLearnt of its pay-offs were seen. Thereafter the statistic of
// bets.h runs against that: for a rate the bets are those of rate.h on the rate
// that was learnt, for a rank e^lambda / max(1, m + 2 s.e.) with m the mean
// pay-off that was learnt. Either has a mean of at most 1 while nothing is
// worse than what was cleared, whatever that was; so, but for the error of what
// was learnt, the mean number of responses until it reaches A is at least A.
//
// Of one channel. Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_SEQUENTIAL_RENEWED_H_
#define REASONWATCH_DETECTORS_SEQUENTIAL_RENEWED_H_

#include <array>
#include <cstdint>
#include <span>

#include "detectors/sequential/bets.h"
#include "detectors/sequential/state_io.h"

namespace reasonwatch {

class RenewedEvidence {
 public:
  static constexpr int32_t kLearnt = 50;

  // `index` numbers the responses of the stream from 0.
  void UpdateRank(const PayOff& pay_off, bool cleared, int64_t index);
  // `shares`: of the bets.
  void UpdateRate(const PayOff& pay_off, std::span<const double> shares,
                  bool cleared, int64_t index);
  // Of what came since the clearing; empty before.
  const Mixture& since() const { return since_; }

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  int32_t learnt_ = 0;
  int32_t bad_ = 0;  // of a rate
  // Of e^lambda, a bet of a rank.
  std::array<double, kMaxBets> sum_{};
  std::array<double, kMaxBets> squares_{};
  Mixture since_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_SEQUENTIAL_RENEWED_H_
