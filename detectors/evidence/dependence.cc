// SPDX-License-Identifier: Apache-2.0
#include "detectors/evidence/dependence.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "util/state_archive.h"

namespace reasonwatch {
namespace {

// As the header says. Batches of 16 show the dependence of responses sent
// together, blocks of 200 or an hour a slow wander.
constexpr int kBatch = 16;
constexpr int kBlock = 200;  // the 200 above
constexpr int64_t kBlockNanos = int64_t{3600} * 1000000000;
// Until as many batches are seen, independence is believed rather.
constexpr double kPseudoBatches = 8;
// Bets tempered below a fifth would find nothing.
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
  values_.Add(value);
  batch_sum_ += value;
  if (++batch_count_ == kBatch) {
    batches_.Add(batch_sum_ / kBatch);
    batch_sum_ = 0;
    batch_count_ = 0;
  }
  if (block_count_ == 0) block_start_ns_ = time_ns;
  block_sum_ += value;
  ++block_count_;
  if (block_count_ >= kBlock && time_ns - block_start_ns_ >= kBlockNanos) {
    blocks_.Add(block_sum_ / block_count_);
    block_sizes_ += block_count_;
    block_sum_ = 0;
    block_count_ = 0;
  }
  if (static_cast<int64_t>(values_.n) % 100 == 0) Renew();
}

void Dependence::Renew() {
  const double variance = values_.Variance();
  if (!(variance > 0)) return;
  const double k = batches_.n;
  double vif = 1;
  if (k > 1) {
    const double raw = kBatch * batches_.Variance() / variance;
    vif = (k * raw + kPseudoBatches) / (k + kPseudoBatches);
  }
  lambda_ = std::clamp(1 / std::max(1.0, vif), kMinLambda, 1.0);
  const double blocks = blocks_.n;
  if (blocks > 1) {
    const double s2 = std::max(1.0, vif) / (block_sizes_ / blocks);
    const double v = blocks_.Variance() / variance;
    const double pooled = (8 * s2 + (blocks - 1) * v) / (8 + blocks - 1);
    tau_ = std::sqrt(std::max(0.0, pooled - s2));
  }
}

template <typename Archive>
void Describe(Archive& archive, Dependence& d) {
  archive.Field("values", d.values_);
  archive.Field("batches", d.batches_);
  archive.Field("blocks", d.blocks_);
  archive.Field("batch_sum", d.batch_sum_);
  archive.InRange("batch_count", d.batch_count_, 0, kBatch - 1);
  archive.InRange("block_count", d.block_count_, 0,
                  std::numeric_limits<int32_t>::max() / 2 - 1);
  archive.Field("block_sum", d.block_sum_);
  archive.InRange("block_start_ns", d.block_start_ns_, -kMaxStored, kMaxStored);
  archive.Field("block_sizes", d.block_sizes_);
  archive.Field("lambda", d.lambda_);
  archive.Field("tau", d.tau_);
  archive.Require(d.values_.n >= 0 && d.values_.n < 1e15);
}
REASONWATCH_DESCRIBE(Dependence);

}  // namespace reasonwatch
