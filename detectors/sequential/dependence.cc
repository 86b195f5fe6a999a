#include "detectors/sequential/dependence.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace reasonwatch {
namespace {

constexpr int kBatch = 16;
constexpr int kBlock = 200;
constexpr int64_t kBlockNanos = int64_t{3600} * 1000000000;
constexpr double kPseudoBatches = 8;
constexpr double kMinLambda = .2;

}  // namespace

void Dependence::Moments::Add(double x) {
  n += 1;
  const double d = x - mean;
  mean += d / n;
  squares += d * (x - mean);
}

void Dependence::Add(double value, int64_t time_ns) {
  if (!std::isfinite(value)) return;
  s_.values.Add(value);
  s_.batch_sum += value;
  if (++s_.batch_count == kBatch) {
    s_.batches.Add(s_.batch_sum / kBatch);
    s_.batch_sum = 0;
    s_.batch_count = 0;
  }
  if (s_.block_count == 0) s_.block_start_ns = time_ns;
  s_.block_sum += value;
  ++s_.block_count;
  if (s_.block_count >= kBlock && time_ns - s_.block_start_ns >= kBlockNanos) {
    s_.blocks.Add(s_.block_sum / s_.block_count);
    s_.block_sizes += s_.block_count;
    s_.block_sum = 0;
    s_.block_count = 0;
  }
  if (static_cast<int64_t>(s_.values.n) % 100 == 0) Renew();
}

void Dependence::Restore(StateReader& in) {
  in.Get(s_);
  in.Get(lambda_);
  in.Get(tau_);
  in.Require(s_.values.n >= 0 && s_.values.n < 1e15 && s_.batch_count >= 0 &&
             s_.batch_count < kBatch && s_.block_count >= 0 &&
             s_.block_count < std::numeric_limits<int32_t>::max() / 2 &&
             std::abs(s_.block_start_ns) <= kMaxStored);
}

void Dependence::Renew() {
  const double variance = s_.values.Variance();
  if (!(variance > 0)) return;
  const double k = s_.batches.n;
  double vif = 1;
  if (k > 1) {
    const double raw = kBatch * s_.batches.Variance() / variance;
    vif = (k * raw + kPseudoBatches) / (k + kPseudoBatches);
  }
  lambda_ = std::clamp(1 / std::max(1.0, vif), kMinLambda, 1.0);
  const double blocks = s_.blocks.n;
  if (blocks > 1) {
    const double s2 = std::max(1.0, vif) / (s_.block_sizes / blocks);
    const double v = s_.blocks.Variance() / variance;
    const double pooled = (8 * s2 + (blocks - 1) * v) / (8 + blocks - 1);
    tau_ = std::sqrt(std::max(0.0, pooled - s2));
  }
}

}  // namespace reasonwatch
