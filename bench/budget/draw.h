// SPDX-License-Identifier: Apache-2.0
// Random numbers that are the same with every standard library.
#ifndef REASONWATCH_BENCH_BUDGET_DRAW_H_
#define REASONWATCH_BENCH_BUDGET_DRAW_H_

#include <cmath>
#include <cstdint>

namespace reasonwatch::budget {

// splitmix64: two words to one without structure.
inline uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t z = a * 0x9E3779B97F4A7C15ULL + b * 0xD1B54A32D192ED03ULL;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31);
}

class Draw {
 public:
  explicit Draw(uint64_t seed) : state_(seed) {}
  double Uniform() {  // in (0, 1)
    return (static_cast<double>(Mix(++state_, 0x5DEECE66D) >> 11) + .5) *
           0x1p-53;
  }
  double Normal() {
    return std::sqrt(-2 * std::log(Uniform())) *
           std::cos(6.283185307179586 * Uniform());
  }
  bool Chance(double p) { return Uniform() < p; }
  int Below(int n) { return static_cast<int>(Uniform() * n); }
  double Exponential(double mean) { return -mean * std::log(Uniform()); }

 private:
  uint64_t state_;
};

}  // namespace reasonwatch::budget

#endif  // REASONWATCH_BENCH_BUDGET_DRAW_H_
