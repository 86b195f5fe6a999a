// Made-up traffic: reasoning texts of about 4 KB in a <think> block and prompts
// of 300 to 600 bytes whose words say something about the length.
#ifndef REASONWATCH_BENCH_PIPELINE_TRAFFIC_H_
#define REASONWATCH_BENCH_PIPELINE_TRAFFIC_H_

#include <cstdint>
#include <random>
#include <string>

#include "absl/time/time.h"
#include "core/response.h"

namespace reasonwatch::bench {

// The name of stream `number`; a family whose format is known by name.
std::string ModelName(int number);

class Traffic {
 public:
  explicit Traffic(uint64_t seed) : random_(seed) {}
  // Text, finish reason and usage; the caller sets model, id and times.
  Response Make();

 private:
  int Below(int n) {
    return std::uniform_int_distribution<int>(0, n - 1)(random_);
  }
  std::string Sentence();

  std::mt19937_64 random_;
};

// Start of the response with this number on its stream: one every 10 minutes,
// in the data's own time, so that weeks pass in a benchmark.
absl::Time StartOf(int64_t number_on_stream);
// Of every response.
inline constexpr absl::Duration kDuration = absl::Seconds(20);

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_TRAFFIC_H_
