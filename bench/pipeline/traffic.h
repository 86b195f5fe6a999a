// SPDX-License-Identifier: Apache-2.0
// Synthetic traffic: reasoning texts of about 4 KB in a <think> block, and
// prompts of 300 to 600 bytes whose words partly predict the length.
#ifndef REASONWATCH_BENCH_PIPELINE_TRAFFIC_H_
#define REASONWATCH_BENCH_PIPELINE_TRAFFIC_H_

#include <cstdint>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "core/response.h"

namespace reasonwatch::bench {

// The model's name of stream `number`; it belongs to a family whose format the
// product knows by name.
std::string ModelName(int number);

class Traffic {
 public:
  explicit Traffic(uint64_t seed) : random_(seed) {}
  // Makes text, finish reason and usage; the caller sets model, id and times.
  Response Make();

 private:
  int Below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random_);
  }
  std::string Sentence();

  std::mt19937_64 random_;
};

// Returns the start of a response by its number on its stream: one every 10
// minutes of the data's own time, so that weeks pass in a benchmark.
absl::Time StartOf(int64_t number_on_stream);
// Duration of every response.
inline constexpr absl::Duration kDuration = absl::Seconds(20);

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_TRAFFIC_H_
