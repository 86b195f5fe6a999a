#include "detectors/consistency/posteriors.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "detectors/sequential/channel.h"

namespace reasonwatch {
namespace {

constexpr double kKappaExact = .01;
// Of a problem without trials of its own only a neighbour's or the pooled rate
// is known, and traffic may drift to harder ones.
constexpr double kKappaUnknown = .03;
constexpr std::array<float, kDistanceBuckets - 1> kBucketEnds = {0, .15F, .3F};
constexpr int kMinRepeated = 50;
constexpr double kDefaultStrength = .5;
constexpr int32_t kMaxTrials = 1 << 30;

constexpr ChannelSpec kConsistencyChannels[] = {
    {.name = "consistency_regression/graded_failures",
     .signal = Signal::kConsistencyRegression,
     .question = Question::kFailed},
};

}  // namespace

std::span<const ChannelSpec> ConsistencyChannels() {
  return kConsistencyChannels;
}

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
  double best = -INFINITY;
  for (double s = .1; s < 60; s *= 1.25) {
    const double a = s * m;
    const double b = s * (1 - m);
    double likelihood = 0;
    for (const auto& [key, problems] : tally) {
      const auto [n, f] = key;
      likelihood += problems * (std::lgamma(a + f) + std::lgamma(b + n - f) -
                                std::lgamma(s + n) - std::lgamma(a) -
                                std::lgamma(b) + std::lgamma(s));
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

Posteriors::Seen Posteriors::Of(uint64_t problem) const {
  const auto it = trials_.find(problem);
  if (it == trials_.end()) return {};
  return {it->second.count, it->second.failures};
}

void Posteriors::Save(StateWriter& out) const {
  // Sorted, so that equal states are equal bytes.
  std::vector<std::pair<uint64_t, Trials>> sorted(trials_.begin(),
                                                  trials_.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  out.Put(static_cast<uint32_t>(sorted.size()));
  for (const auto& [problem, t] : sorted) {
    out.Put(problem);
    out.Put(t.count);
    out.Put(t.failures);
  }
  out.Put(count_);
  out.Put(failures_);
  out.Put(strength_);
  out.Put(calibration_);
}

void Posteriors::Restore(StateReader& in) {
  const uint32_t n = in.GetCount(kMaxProblems);
  trials_.clear();
  for (uint32_t i = 0; i < n && in.ok(); ++i) {
    const auto problem = in.Get<uint64_t>();
    Trials t;
    in.GetIn(t.count, 0, kMaxTrials);
    in.GetIn(t.failures, 0, t.count);
    trials_[problem] = t;
  }
  in.GetIn(count_, int64_t{0}, kMaxStored);
  in.GetIn(failures_, int64_t{0}, count_);
  in.Get(strength_);
  in.Get(calibration_);
}

}  // namespace reasonwatch
