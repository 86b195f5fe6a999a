// SPDX-License-Identifier: Apache-2.0
#include "rescore/statistics/failure_prior.h"

#include <limits>
#include <map>
#include <utility>

#include "util/log_gamma.h"

namespace reasonwatch {
namespace {

// Problems with two trials or more that it takes to fit the strength.
constexpr int kRepeatedProblems = 50;
// A weak prior: half a trial, so that a problem's own trials decide.
constexpr double kUnknownStrength = .5;

}  // namespace

FailurePosterior FitFailurePrior(const std::vector<Trials>& problems) {
  int64_t count = 0;
  int64_t failures = 0;
  int repeated = 0;
  // Problems with equal trials share one term of the likelihood.
  std::map<std::pair<int32_t, int32_t>, int64_t> distinct;
  for (const Trials& t : problems) {
    if (t.count <= 0) continue;
    count += t.count;
    failures += t.failures;
    repeated += t.count >= 2;
    ++distinct[{t.count, t.failures}];
  }
  if (count == 0) return {};
  const double mean =
      (static_cast<double>(failures) + 1) / (static_cast<double>(count) + 2);
  double strength = kUnknownStrength;
  if (repeated >= kRepeatedProblems) {
    double best = -std::numeric_limits<double>::infinity();
    // Steps of a quarter of an octave, finer than 50 problems can resolve.
    for (double s = .125; s <= 256; s *= 1.189207115002721) {
      const double a = mean * s;
      const double b = s - a;
      double likelihood = 0;
      for (const auto& [trials, problems_of] : distinct) {
        const auto [n, f] = trials;
        likelihood += static_cast<double>(problems_of) *
                      (LogGamma(a + f) - LogGamma(a) + LogGamma(b + n - f) -
                       LogGamma(b) - LogGamma(s + n) + LogGamma(s));
      }
      if (likelihood <= best) continue;
      best = likelihood;
      strength = s;
    }
  }
  return {mean * strength, (1 - mean) * strength};
}

}  // namespace reasonwatch
