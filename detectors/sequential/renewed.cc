#include "detectors/sequential/renewed.h"

#include <algorithm>
#include <cmath>

#include "detectors/sequential/rate.h"

namespace reasonwatch {
namespace {

constexpr int32_t kMostLearnt = 1 << 20;

}  // namespace

void RenewedEvidence::UpdateRank(const PayOff& pay_off, bool cleared,
                                 int64_t index) {
  if (pay_off.bets == 0) return;
  const bool learns = !cleared || learnt_ < kLearnt;
  if (learns && learnt_ >= kMostLearnt) return;
  learnt_ += learns;
  const auto n = static_cast<double>(learnt_);
  PayOff relative = pay_off;
  relative.lambda = 1;
  for (size_t j = 0; j < static_cast<size_t>(pay_off.bets); ++j) {
    const double grown =
        std::pow(std::max(pay_off.e[j], 1e-12), pay_off.lambda);
    if (learns) {
      sum_[j] += grown;
      squares_[j] += grown * grown;
      continue;
    }
    const double mean = sum_[j] / n;
    const double variance =
        std::max(0., squares_[j] - n * mean * mean) / (n - 1);
    relative.e[j] = grown / std::max(1., mean + 2 * std::sqrt(variance / n));
  }
  if (!learns) since_.Update(relative, index);
}

void RenewedEvidence::UpdateRate(const PayOff& pay_off,
                                 std::span<const double> shares, bool cleared,
                                 int64_t index) {
  if (pay_off.bets == 0) return;
  const bool bad = pay_off.raw > 0;
  if (!cleared || learnt_ < kLearnt) {
    if (learnt_ >= kMostLearnt) return;
    ++learnt_;
    bad_ += bad;
    return;
  }
  const double rate = HealthyRate({.bad = bad_, .count = learnt_},
                                  /*kappa=*/0);
  PayOff relative = pay_off;
  RatePayOff(bad, std::max<double>(rate, pay_off.expected), relative, shares);
  since_.Update(relative, index);
}

void RenewedEvidence::Save(StateWriter& out) const {
  out.Put(learnt_);
  out.Put(bad_);
  out.Put(sum_);
  out.Put(squares_);
  since_.Save(out);
}

void RenewedEvidence::Restore(StateReader& in) {
  in.GetIn(learnt_, 0, kMostLearnt);
  in.GetIn(bad_, 0, kMostLearnt);
  in.Require(bad_ <= learnt_);
  in.Get(sum_);
  in.Get(squares_);
  for (size_t j = 0; j < kMaxBets; ++j)
    in.Require(std::isfinite(sum_[j]) && std::isfinite(squares_[j]));
  since_.Restore(in);
  in.Require(since_.size() == 0 || learnt_ >= kLearnt);
}

}  // namespace reasonwatch
