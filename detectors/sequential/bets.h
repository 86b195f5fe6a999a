// The evidence statistic: a mixture of Shiryaev-Roberts statistics.
//
// Bet j says "a share phi_j of the responses is now bad". A response's value
// e_j is the bet's pay-off: its mean is at most 1 while the stream is healthy.
//
//   R_j <- min((1 + R_j) * e_j^lambda, 1e250),   R = mean_j R_j
//
// R_t - t is then a supermartingale, so the mean number of responses until R
// first reaches A is at least A (Shiryaev-Roberts; Pollak 1985; e-detectors,
// Shin, Ramdas, Rinaldo 2022). C_j is the excursion of bet j, the running
// maximum-likelihood score of "the change began at start": C_j <- max(0, C_j) +
// lambda ln e_j.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_DETECTORS_SEQUENTIAL_BETS_H_
#define REASONWATCH_DETECTORS_SEQUENTIAL_BETS_H_

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "detectors/sequential/state_io.h"

namespace reasonwatch {

inline constexpr int kMaxBets = 6;

// Pay-offs of one response for one channel.
struct PayOff {
  // Number of bets; 0 = this response says nothing here.
  int bets = 0;
  std::array<double, kMaxBets> e{};
  double lambda = 1;   // tempering for dependence, in (0, 1]
  float raw = 0;       // residual (log2) or bad (0/1), for the effect
  float expected = 0;  // expected rate of bad; 0 for ranks
};

struct Excursion {
  int64_t start = -1;  // index of its first response, -1 = none
  int64_t count = 0;   // responses since
  double sum = 0;      // of PayOff::raw
  double sum_squares = 0;
  double sum_expected = 0;
};

class Mixture {
 public:
  // `index` numbers the responses of the stream from 0.
  void Update(const PayOff& pay_off, int64_t index);

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
  // Scales every R_j; used to hold an open alarm at its threshold.
  void Scale(double factor);

  void Save(StateWriter& out) const;
  void Restore(StateReader& in);

 private:
  struct Bet {
    double r = 0;
    double score = 0;  // C_j
    Excursion excursion;
  };
  // Empty until the first update: most channels of most streams never speak.
  std::vector<Bet> bets_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_SEQUENTIAL_BETS_H_
