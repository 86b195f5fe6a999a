#include "detectors/sequential/bets.h"

#include <algorithm>
#include <cmath>

namespace reasonwatch {

void Mixture::Update(const PayOff& pay_off, int64_t index) {
  if (pay_off.bets == 0) return;
  size_ = pay_off.bets;
  for (int j = 0; j < size_; ++j) {
    Bet& bet = bets_[static_cast<size_t>(j)];
    const double e = std::max(pay_off.e[static_cast<size_t>(j)], 1e-12);
    const double log_e = pay_off.lambda * std::log(e);
    bet.r = std::min((1 + bet.r) * std::exp(log_e), 1e250);
    if (bet.score <= 0) {
      bet.score = 0;
      bet.excursion = Excursion{.start = index};
    }
    bet.score += log_e;
    ++bet.excursion.count;
    bet.excursion.sum += pay_off.raw;
    bet.excursion.sum_squares +=
        static_cast<double>(pay_off.raw) * static_cast<double>(pay_off.raw);
    bet.excursion.sum_expected += pay_off.expected;
  }
}

double Mixture::Statistic() const {
  if (size_ == 0) return 0;
  double sum = 0;
  for (int j = 0; j < size_; ++j) sum += bets_[static_cast<size_t>(j)].r;
  return sum / size_;
}

int Mixture::Leading() const {
  int best = -1;
  for (int j = 0; j < size_; ++j)
    if (best < 0 || R(j) > R(best)) best = j;
  return best;
}

bool Mixture::quiet() const {
  return std::all_of(bets_.begin(), bets_.end(),
                     [](const Bet& bet) { return bet.score <= 0; });
}

void Mixture::Scale(double factor) {
  for (Bet& bet : bets_) bet.r *= factor;
}

void Mixture::Save(StateWriter& out) const {
  out.Put(static_cast<int32_t>(size_));
  for (int j = 0; j < size_; ++j) out.Put(bets_[static_cast<size_t>(j)]);
}

void Mixture::Restore(StateReader& in) {
  const auto size = in.Get<int32_t>();
  if (size < 0 || size > kMaxBets) return in.Fail();
  size_ = size;
  for (int j = 0; j < size_; ++j) {
    Bet& bet = bets_[static_cast<size_t>(j)];
    in.Get(bet);
    in.Require(bet.excursion.start >= -1 && bet.excursion.start < kMaxStored &&
               bet.excursion.count >= 0 && bet.excursion.count < kMaxStored);
  }
}

}  // namespace reasonwatch
