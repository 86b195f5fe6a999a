// SPDX-License-Identifier: Apache-2.0
// The cost of the history for one response, on the worker's thread: one stream
// after the other in rows, and a new stream with each response.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "core/scored.h"
#include "daemon/history/history.h"

namespace reasonwatch {
namespace {

void BM_Observe(benchmark::State& state) {
  const auto streams = static_cast<size_t>(state.range(0));
  std::vector<Scored> rows(streams);
  for (size_t i = 0; i < streams; ++i) {
    Scored& s = rows[i];
    s.model = "reasoner-32b";
    s.route = "route-" + std::to_string(i);
    s.replica = "gpu-" + std::to_string(i % 4);
    s.id = "chatcmpl-0123456789abcdef0123456789";
    s.trace_id = "0af7651916cd43dd8448eb211c80319c";
    s.regime.fingerprint = "fp_44a1";
    for (float& reading : s.readings) reading = 0;
    s.reading(Feature::kOutputTokens) = 9;
    s.reading(Feature::kReasoningTokens) = 10;
    s.reading(Feature::kThinkTags) = s.reading(Feature::kBoxed) = 1;
  }
  History history(256);
  absl::Time now = absl::FromUnixSeconds(1800000000);
  size_t i = 0;
  for (auto _ : state) {
    Scored& s = rows[i];
    i = i + 1 == streams ? 0 : i + 1;
    now += absl::Milliseconds(20);
    s.start = now;
    history.Observe(s);
  }
}
BENCHMARK(BM_Observe)->Arg(1)->Arg(100);

}  // namespace
}  // namespace reasonwatch
