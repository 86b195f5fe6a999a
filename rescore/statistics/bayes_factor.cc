// SPDX-License-Identifier: Apache-2.0
#include "rescore/statistics/bayes_factor.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "util/log_gamma.h"

namespace reasonwatch {
namespace {

// ln 1e250; the sum of three such factors is far below the largest double.
constexpr double kLogCap = 575;

}  // namespace

LogFactors LogBayesFactors(const FailurePosterior& healthy, int trials,
                           int failures) {
  const double a = healthy.a;
  const double b = healthy.b;
  const int t = trials;
  const int f = failures;
  // B(a+k, b+s) / B(a+f, b+s), s = t-f; the Gamma(b+s) cancels.
  const auto log_ratio = [&](int k) {
    return LogGamma(a + k) - LogGamma(a + b + t - f + k) - LogGamma(a + f) +
           LogGamma(a + b + t);
  };
  LogFactors factors;
  for (size_t i = 0; i < kLosses.size(); ++i) {
    const double log_phi = std::log(kLosses[i]);
    const double log_keep = std::log1p(-kLosses[i]);
    double largest = -std::numeric_limits<double>::infinity();
    double sum = 0;
    for (int k = 0; k <= f; ++k) {
      const double term = LogGamma(f + 1) - LogGamma(k + 1) -
                          LogGamma(f - k + 1) + (f - k) * log_phi +
                          k * log_keep + log_ratio(k);
      // Log-sum-exp in one pass.
      if (term <= largest) {
        sum += std::exp(term - largest);
      } else {
        sum = sum * std::exp(largest - term) + 1;
        largest = term;
      }
    }
    factors[i] = (t - f) * log_keep + largest + std::log(sum);
  }
  return factors;
}

double BayesFactor(const LogFactors& factors) {
  double sum = 0;
  for (const double log_factor : factors)
    sum += std::exp(std::min(log_factor, kLogCap));
  return sum / static_cast<double>(factors.size());
}

VerdictKind Decide(double bayes_factor, int failures, const Bounds& bounds) {
  if (bayes_factor >= bounds.confirm && failures >= kMinFailures)
    return VerdictKind::kConfirmed;
  if (bayes_factor <= bounds.clear) return VerdictKind::kNotReproduced;
  return VerdictKind::kUndecided;
}

}  // namespace reasonwatch
