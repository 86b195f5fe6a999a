// SPDX-License-Identifier: Apache-2.0
#include "detectors/evidence/rate.h"

#include <algorithm>
#include <cmath>

namespace reasonwatch {
namespace {

// A cell may borrow this many times its own size (docs/statistics.md, "Each
// channel bets").
constexpr double kBorrowed = 4;
// Above this a bad outcome pays too little to be worth a bet.
constexpr double kHopelessRate = .985;

double AddOne(const RateCounts& counts) {
  return (counts.bad + 1.0) / (counts.count + 1.0);
}

}  // namespace

double RateTolerance(const RateCounts& counts, double kappa) {
  const double q = AddOne(counts);
  return std::max(kappa, 2 * std::sqrt(q * (1 - q) / (counts.count + 1.0)));
}

double HealthyRate(const RateCounts& counts, double kappa) {
  const double q = AddOne(counts);
  return q + RateTolerance(counts, kappa) * (1 - q);
}

double PooledHealthyRate(const RateCounts& cell, const RateCounts& rest,
                         double kappa) {
  const double own = HealthyRate(cell, kappa);
  const double n = cell.count;
  const double m = AddOne(rest);
  const double borrowed =
      std::min(kBorrowed * n, static_cast<double>(rest.count));
  if (cell.bad > n * m + 2 * std::sqrt(n * m * (1 - m))) return own;
  const double total = n + 1 + borrowed;
  const double q = (cell.bad + 1 + borrowed * m) / total;
  const double tolerance = std::max(kappa, 2 * std::sqrt(q * (1 - q) / total));
  return std::min(own, q + tolerance * (1 - q));
}

void RatePayOff(bool bad, double healthy_rate, PayOff& out,
                std::span<const double> shares) {
  if (!(healthy_rate < kHopelessRate)) {
    out.bets = 0;
    return;
  }
  const double l = bad ? 1 / healthy_rate : 0;
  out.bets = static_cast<int>(shares.size());
  for (size_t j = 0; j < shares.size(); ++j)
    out.e[j] = 1 - shares[j] + shares[j] * l;
  out.raw = bad ? 1 : 0;
  out.expected = static_cast<float>(healthy_rate);
}

}  // namespace reasonwatch
