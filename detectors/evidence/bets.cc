// SPDX-License-Identifier: Apache-2.0
#include "detectors/evidence/bets.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

namespace reasonwatch {
namespace {

// lambda ln e and its exponential. A healthy outcome pays the same at most
// responses and in every mixture that hears of it, so that the last results
// are worth keeping. Pure: the kept result is the one that would be
// computed.
struct Growth {
  double e = 0;
  double lambda = -1;
  double log_e = 0;
  double factor = 0;
};
const Growth& GrowthOf(double e, double lambda) {
  thread_local std::array<Growth, 256> known;
  const uint64_t bits = std::bit_cast<uint64_t>(e) ^
                        std::rotl(std::bit_cast<uint64_t>(lambda), 7);
  Growth& slot = known[bits * 0x9E3779B97F4A7C15ULL >> 56];
  if (slot.e != e || slot.lambda != lambda) {
    const double log_e = lambda * std::log(std::max(e, 1e-12));
    slot = {e, lambda, log_e, std::exp(log_e)};
  }
  return slot;
}

}  // namespace

void PayOff::ComputeGrowth() {
  for (size_t j = 0; j < static_cast<size_t>(bets); ++j) {
    const Growth& known = GrowthOf(e[j], weight * lambda);
    log_growth[j] = known.log_e;
    growth[j] = known.factor;
  }
  has_growth = true;
}

void Mixture::Observe(const PayOff& pay_off, int64_t index) {
  if (pay_off.silent()) return;
  if (!pay_off.has_growth) {
    PayOff complete = pay_off;
    complete.ComputeGrowth();
    return Observe(complete, index);
  }
  bets_.resize(static_cast<size_t>(pay_off.bets));
  for (int j = 0; j < pay_off.bets; ++j) {
    Bet& bet = bets_[static_cast<size_t>(j)];
    bet.r = std::min(
        (pay_off.weight + bet.r) * pay_off.growth[static_cast<size_t>(j)],
        1e250);
    if (bet.score <= 0) {
      bet.score = 0;
      bet.excursion = Excursion{.start = index};
    }
    bet.score += pay_off.log_growth[static_cast<size_t>(j)];
    ++bet.excursion.count;
    bet.excursion.sum += pay_off.raw;
    bet.excursion.sum_squares +=
        static_cast<double>(pay_off.raw) * static_cast<double>(pay_off.raw);
    bet.excursion.sum_expected += pay_off.expected;
  }
}

double Mixture::Statistic() const {
  if (bets_.empty()) return 0;
  double sum = 0;
  for (const Bet& bet : bets_) sum += bet.r;
  return sum / size();
}

int Mixture::Leading() const {
  int best = -1;
  for (int j = 0; j < size(); ++j)
    if (best < 0 || R(j) > R(best)) best = j;
  return best;
}

bool Mixture::quiet() const {
  return std::all_of(bets_.begin(), bets_.end(),
                     [](const Bet& bet) { return bet.score <= 0; });
}

void Mixture::SetBack(int64_t index) {
  for (Bet& bet : bets_)
    if (bet.excursion.start >= index) bet = Bet();
}

void Mixture::Scale(double factor) {
  for (Bet& bet : bets_) bet.r *= factor;
}

template <typename Archive>
void Describe(Archive& archive, Mixture& m) {
  archive.List("bets", m.bets_, kMaxBets);
}
REASONWATCH_DESCRIBE(Mixture);

}  // namespace reasonwatch
