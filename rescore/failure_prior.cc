#include "rescore/failure_prior.h"

#include <limits>
#include <map>
#include <utility>

#include "rescore/log_gamma.h"

namespace reasonwatch {
namespace {

constexpr int kRepeatedProblems = 50;
constexpr double kUnknownStrength = .5;

}  // namespace

FailurePosterior FitFailurePrior(const std::vector<Trials>& problems) {
  int64_t count = 0;
  int64_t failures = 0;
  int repeated = 0;
  // Equal ones weigh together, so that the cost is of the distinct ones.
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
    // A quarter of an octave is finer than 50 problems can tell.
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
