// SPDX-License-Identifier: Apache-2.0
// Traces as examples of a bucket of a histogram, or of a counter: the latest
// response of each that has a trace id.
//
// Not thread-safe.
#ifndef REASONWATCH_DAEMON_TELEMETRY_EXEMPLARS_H_
#define REASONWATCH_DAEMON_TELEMETRY_EXEMPLARS_H_

#include <array>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "absl/time/time.h"
#include "daemon/telemetry/catalogue.h"

namespace reasonwatch {

struct Exemplar {
  std::string trace_id;  // "" = none
  double value = 0;
  double time = 0;  // Unix seconds, 0 = not known
};

// Upper bounds of the buckets of token histograms; the last one is infinite.
inline constexpr std::array<double, 14> kTokenBounds = {
    0, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};

// By bucket; a counter has the first alone.
class Exemplars {
 public:
  // OpenMetrics allows 128 characters of names and values; W3C's ids have 32.
  static constexpr size_t kMaxTraceIdBytes = 64;

  // Ids that are longer or no plain ASCII words are left out.
  void Observe(size_t bucket, std::string_view trace_id, double value,
               absl::Time time);
  // The bucket of a number of tokens.
  static size_t BucketOf(double tokens);
  const Exemplar& at(size_t bucket) const { return exemplars_[bucket]; }

 private:
  std::array<Exemplar, kTokenBounds.size() + 1> exemplars_;
};

// By metric, model and route.
using ExemplarMap =
    std::map<std::tuple<Metric, std::string, std::string>, Exemplars>;

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_EXEMPLARS_H_
