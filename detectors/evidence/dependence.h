// SPDX-License-Identifier: Apache-2.0
// How far a healthy stream is from independent: tempering and tolerance.
//
// lambda = 1/max(1, VIF), floor .2; VIF = 16 Var(means of 16)/Var, shrunk to 1
// by 8 pseudo-batches, renewed every 100 values. tau, the standard deviation of
// a slow wander: tau^2 = max(0, [8 s2 + (k-1) v]/(8+k-1) - s2) with v the
// variance of k block means and s2 = VIF / block size; a block is 200 values or
// an hour, whichever is longer. Values are normal scores (variance about 1) or
// outcomes.
#ifndef REASONWATCH_DETECTORS_EVIDENCE_DEPENDENCE_H_
#define REASONWATCH_DETECTORS_EVIDENCE_DEPENDENCE_H_

#include <cstdint>

#include "absl/time/time.h"

namespace reasonwatch {

class Dependence {
 public:
  void Add(double value, int64_t time_ns);
  double lambda() const { return lambda_; }
  double tau() const { return tau_; }

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, Dependence& d);
  struct Moments {
    double n = 0;
    double mean = 0;
    double squares = 0;  // sum of squared deviations
    void Add(double x);
    double Variance() const { return n > 1 ? squares / (n - 1) : 0; }
    template <typename Archive>
    friend void Describe(Archive& archive, Moments& m) {
      archive.Field("n", m.n);
      archive.Field("mean", m.mean);
      archive.Field("squares", m.squares);
    }
  };
  void Renew();

  Moments values_;
  Moments batches_;
  Moments blocks_;
  double batch_sum_ = 0;
  int32_t batch_count_ = 0;
  int32_t block_count_ = 0;
  double block_sum_ = 0;
  int64_t block_start_ns_ = 0;
  double block_sizes_ = 0;  // sum over closed blocks
  double lambda_ = 1;
  double tau_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_EVIDENCE_DEPENDENCE_H_
