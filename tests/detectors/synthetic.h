// SPDX-License-Identifier: Apache-2.0
// Seeded synthetic responses, the same with every standard library.
#ifndef REASONWATCH_TESTS_DETECTORS_SYNTHETIC_H_
#define REASONWATCH_TESTS_DETECTORS_SYNTHETIC_H_

#include <cmath>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "core/feature.h"
#include "core/scored.h"
#include "detectors/signals/channel.h"

namespace reasonwatch::testing {

class Draw {
 public:
  explicit Draw(uint64_t seed) : engine_(seed) {}
  double Uniform() {
    return (static_cast<double>(engine_() >> 11) + .5) * 0x1p-53;
  }
  // Box-Muller, so that the product's own quantile is not its own judge.
  double Normal() {
    return std::sqrt(-2 * std::log(Uniform())) *
           std::cos(6.283185307179586 * Uniform());
  }
  bool Chance(double p) { return Uniform() < p; }
  int Below(int n) { return static_cast<int>(Uniform() * n); }

 private:
  std::mt19937_64 engine_;
};

// Response `index` of a stream of one every 200 s.
inline Scored At(int64_t index) {
  Scored s;
  s.id = absl::StrFormat("r%d", index);
  s.model = std::string("model");
  s.start = absl::FromUnixSeconds(1700000000) + index * absl::Seconds(200);
  return s;
}

// Log-normal length with this median, sigma .8 of the natural logarithm.
inline float Length(double median, Draw& draw) {
  return static_cast<float>(
      std::log2(1 + median * std::exp(.8 * draw.Normal())));
}

inline Scored WithLength(int64_t index, double median, Draw& draw) {
  Scored s = At(index);
  s.reading(Feature::kOutputTokens) = Length(median, draw);
  return s;
}

inline size_t ChannelNamed(std::string_view name) {
  const auto channels = Channels();
  for (size_t c = 0; c < channels.size(); ++c)
    if (channels[c].name == name) return c;
  return channels.size();
}

}  // namespace reasonwatch::testing

#endif  // REASONWATCH_TESTS_DETECTORS_SYNTHETIC_H_
