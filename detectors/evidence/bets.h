// SPDX-License-Identifier: Apache-2.0
// The evidence statistic: a mixture of Shiryaev-Roberts statistics.
//
// Bet j says "a share phi_j of the responses is now bad". A response's value
// e_j is the bet's pay-off: its mean is at most 1 while the stream is healthy.
//
//   R_j <- min((w + R_j) * e_j^(w lambda), 1e250),   R = mean_j R_j
//
// w is the weight of the response: 1 for one that is an observation of its own,
// less for one that shares an observation with others, 0 for one that says
// nothing. It must be known before the outcome. As w lambda <= 1, the mean of
// e^(w lambda) is at most 1 too, and R less the sum of w is a supermartingale;
// so the mean sum of weights until R first reaches A is at least A
// (Shiryaev-Roberts; Pollak 1985; e-detectors, Shin, Ramdas, Rinaldo 2022).
// C_j is the excursion of bet j, the running maximum-likelihood score of "the
// change began at start": C_j <- max(0, C_j) + w lambda ln e_j.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_EVIDENCE_BETS_H_
#define REASONWATCH_DETECTORS_EVIDENCE_BETS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "util/state_archive.h"

namespace reasonwatch {

inline constexpr int kMaxBets = 6;  // the longest list of shares has 6

// Pay-offs of one response for one channel.
struct PayOff {
  // Number of bets; 0 = this response says nothing here.
  int bets = 0;
  std::array<double, kMaxBets> e{};
  double lambda = 1;   // tempering for dependence, in (0, 1]
  double weight = 1;   // of the response, in [0, 1]
  float raw = 0;       // residual (log2) or bad (0/1), for the effect
  float expected = 0;  // expected rate of bad; 0 for ranks
  // ln and value of each e^(weight lambda), as ComputeGrowth() left them. A
  // response goes to many mixtures, so they are computed once for all.
  bool has_growth = false;
  std::array<double, kMaxBets> log_growth{};
  std::array<double, kMaxBets> growth{};

  // It moves no evidence.
  bool silent() const { return bets == 0 || !(weight > 0); }
  // To be called again after any of the above has changed.
  void ComputeGrowth();
};

struct Excursion {
  int64_t start = -1;  // index of its first response, -1 = none
  int64_t count = 0;   // responses since
  double sum = 0;      // of PayOff::raw
  double sum_squares = 0;
  double sum_expected = 0;
  template <typename Archive>
  friend void Describe(Archive& archive, Excursion& e) {
    archive.InRange("start", e.start, -1, kMaxStored - 1);
    archive.InRange("count", e.count, 0, kMaxStored - 1);
    archive.Field("sum", e.sum);
    archive.Field("sum_squares", e.sum_squares);
    archive.Field("sum_expected", e.sum_expected);
  }
};

class Mixture {
 public:
  // `index` numbers the responses of the stream from 0. A silent pay-off
  // changes nothing. The growth is computed here if the pay-off has none.
  void Observe(const PayOff& pay_off, int64_t index);

  // Mean of R_j; 0 before the first update.
  double Statistic() const;
  // Bet with the largest R_j, -1 before the first update.
  int Leading() const;
  double R(int bet) const { return bets_[static_cast<size_t>(bet)].r; }
  const Excursion& excursion(int bet) const {
    return bets_[static_cast<size_t>(bet)].excursion;
  }
  int size() const { return static_cast<int>(bets_.size()); }
  // No bet is inside an excursion.
  bool quiet() const;
  // Forgets each bet whose excursion began at `index` or later.
  void SetBack(int64_t index);
  // Scales every R_j; used to hold an open alarm at its threshold.
  void Scale(double factor);

 private:
  template <typename Archive>
  friend void Describe(Archive& archive, Mixture& m);
  struct Bet {
    double r = 0;
    double score = 0;  // C_j
    Excursion excursion;
    template <typename Archive>
    friend void Describe(Archive& archive, Bet& b) {
      archive.Field("r", b.r);
      archive.Field("score", b.score);
      archive.Field("excursion", b.excursion);
    }
  };
  // Empty until the first update: most channels of most streams never speak.
  std::vector<Bet> bets_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_EVIDENCE_BETS_H_
