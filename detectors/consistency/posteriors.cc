// SPDX-License-Identifier: Apache-2.0
#include "detectors/consistency/posteriors.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "util/log_gamma.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// Tolerances (docs/statistics.md, "Solved problems"; the table there shows the
// cost of others). If a problem has no trials of its own, only a neighbour's or
// the pooled rate is known, and traffic may drift to harder ones.
constexpr double kKappaExact = .01;
constexpr double kKappaUnknown = .03;
// Distances of neighbours go up to .5 (baseline/matching).
constexpr std::array<float, kDistanceBuckets - 1> kBucketEnds = {0, .15F, .3F};
// Fewer repeated problems don't show how much problems differ; until then they
// are taken to differ a lot.
constexpr int kMinRepeated = 50;
constexpr double kDefaultStrength = .5;

}  // namespace

size_t DistanceBucket(float distance) {
  size_t bucket = 0;
  while (bucket < kBucketEnds.size() && distance > kBucketEnds[bucket])
    ++bucket;
  return bucket;
}

double Posteriors::CalibrationRatio(size_t bucket) const {
  const Calibration& c = calibration_[bucket];
  // The rate that all records are shrunk to is known from the failures of first
  // trials, so a few repeats can't move it far.
  const double known = bucket == 0 ? static_cast<double>(failures_) - c.bad : 0;
  return (c.bad + known + 1) / (c.expected + known + 1);
}

double Posteriors::pooled_rate() const {
  return (static_cast<double>(failures_) + .5) /
         (static_cast<double>(count_) + 1);
}

double Posteriors::Predict(const Trials& t) const {
  return (strength_ * pooled_rate() + t.failures) / (strength_ + t.count);
}

void Posteriors::Learn(uint64_t problem, bool failed, Neighbour neighbour) {
  auto it = trials_.find(problem);
  const auto like =
      neighbour.problem == 0 ? trials_.end() : trials_.find(neighbour.problem);
  const auto calibrate = [&](size_t bucket, const Trials& by) {
    calibration_[bucket].expected += Predict(by);
    calibration_[bucket].bad += failed;
    calibration_[bucket].count += 1;
  };
  if (it != trials_.end()) {
    calibrate(0, it->second);
  } else {
    if (like != trials_.end())
      calibrate(DistanceBucket(neighbour.distance), like->second);
    if (problems() >= kMaxProblems) return;
    it = trials_.emplace(problem, Trials{}).first;
  }
  ++it->second.count;
  it->second.failures += failed;
  ++count_;
  failures_ += failed;
}

void Posteriors::Refit() {
  std::map<std::pair<int32_t, int32_t>, int> tally;
  int repeated = 0;
  for (const auto& [problem, t] : trials_) {
    ++tally[{t.count, t.failures}];
    repeated += t.count >= 2;
  }
  if (repeated < kMinRepeated) {
    strength_ = kDefaultStrength;
    return;
  }
  const double m = std::clamp(pooled_rate(), 1e-3, 1 - 1e-3);
  double best = -std::numeric_limits<double>::infinity();
  for (double s = .1; s < 60; s *= 1.25) {
    const double a = s * m;
    const double b = s * (1 - m);
    double likelihood = 0;
    for (const auto& [key, problems] : tally) {
      const auto [n, f] = key;
      likelihood +=
          problems * (LogGamma(a + f) + LogGamma(b + n - f) - LogGamma(s + n) -
                      LogGamma(a) - LogGamma(b) + LogGamma(s));
    }
    if (likelihood > best) {
      best = likelihood;
      strength_ = s;
    }
  }
}

double Posteriors::HealthyFailureRate(uint64_t problem, int excursion_trials,
                                      int excursion_failures,
                                      Neighbour neighbour) const {
  if (count_ == 0) return 1;
  const auto it = trials_.find(problem);
  const bool known = it != trials_.end();
  if (!known && neighbour.problem != 0) {
    if (const auto like = trials_.find(neighbour.problem);
        like != trials_.end()) {
      const size_t bucket = DistanceBucket(neighbour.distance);
      Trials t = like->second;
      t.count += excursion_trials;
      t.failures += excursion_failures;
      const double q =
          std::min(Predict(t) * std::max(1.0, CalibrationRatio(bucket)), .98);
      // How far the ratio itself is known.
      const double error =
          std::sqrt(q * (1 - q) / (calibration_[bucket].count + 1));
      return q + std::max(kKappaUnknown, 2 * error) * (1 - q);
    }
  }
  Trials t = known ? it->second : Trials{};
  t.count += excursion_trials;
  t.failures += excursion_failures;
  double q = Predict(t);
  if (!known) {
    const double pooled = pooled_rate();
    const double error =
        std::sqrt(pooled * (1 - pooled) / (static_cast<double>(count_) + 1));
    q = std::min(q, .98);
    return q + std::max(kKappaUnknown, 2 * error) * (1 - q);
  }
  // A ratio under 1 would make failures look rarer than any one problem's own
  // trials say.
  q = std::min(q * std::max(1.0, CalibrationRatio(0)), .98);
  return q + kKappaExact * (1 - q);
}

bool Posteriors::Solved(uint64_t problem) const {
  const auto it = trials_.find(problem);
  return it != trials_.end() && it->second.failures * 4 <= it->second.count;
}

Posteriors::Seen Posteriors::TrialsOf(uint64_t problem) const {
  const auto it = trials_.find(problem);
  if (it == trials_.end()) return {};
  return {it->second.count, it->second.failures};
}

template <typename Archive>
void Describe(Archive& archive, Posteriors& p) {
  archive.Map("trials", p.trials_, kMaxProblems);
  archive.InRange("count", p.count_, 0, kMaxStored);
  archive.InRange("failures", p.failures_, 0, p.count_);
  archive.Field("strength", p.strength_);
  archive.Field("calibration", p.calibration_);
}
REASONWATCH_DESCRIBE(Posteriors);

}  // namespace reasonwatch
