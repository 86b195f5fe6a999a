// SPDX-License-Identifier: Apache-2.0
#include "detectors/evidence/renewed.h"

#include <algorithm>
#include <cmath>

#include "detectors/evidence/rate.h"

namespace reasonwatch {
namespace {

// A mean over a million pay-offs is exact; sums stay far from their limits.
constexpr int32_t kMostLearnt = 1 << 20;

}  // namespace

void RenewedEvidence::ObserveRank(const PayOff& pay_off, bool cleared,
                                  int64_t index) {
  if (pay_off.silent()) return;
  const bool learns = !cleared || learnt_ < kLearnt;
  if (learns && learnt_ >= kMostLearnt) return;
  learnt_ += learns;
  const auto n = static_cast<double>(learnt_);
  PayOff relative = pay_off;
  relative.has_growth = false;
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
  if (!learns) since_.Observe(relative, index);
}

void RenewedEvidence::ObserveRate(const PayOff& pay_off,
                                  std::span<const double> shares, bool cleared,
                                  int64_t index) {
  if (pay_off.silent()) return;
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
  relative.has_growth = false;
  RatePayOff(bad, std::max<double>(rate, pay_off.expected), relative, shares);
  since_.Observe(relative, index);
}

template <typename Archive>
void Describe(Archive& archive, RenewedEvidence& e) {
  archive.InRange("learnt", e.learnt_, 0, kMostLearnt);
  archive.InRange("bad", e.bad_, 0, e.learnt_);
  archive.Field("sum", e.sum_);
  archive.Field("squares", e.squares_);
  for (size_t j = 0; j < kMaxBets; ++j)
    archive.Require(std::isfinite(e.sum_[j]) && std::isfinite(e.squares_[j]));
  archive.Field("since", e.since_);
  archive.Require(e.since_.size() == 0 ||
                  e.learnt_ >= RenewedEvidence::kLearnt);
}
REASONWATCH_DESCRIBE(RenewedEvidence);

}  // namespace reasonwatch
