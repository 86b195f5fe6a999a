// SPDX-License-Identifier: Apache-2.0
// The cost of each way in: the processor time that a response of 4 KB takes the
// whole server, and the same taps before a sink that drops it.
#ifndef REASONWATCH_BENCH_PIPELINE_WAYS_H_
#define REASONWATCH_BENCH_PIPELINE_WAYS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace reasonwatch::bench {

// `collector`: an OpenTelemetry Collector (tools/install_collector) that
// receives the same OTLP and exports nothing; "" = none. Returns the responses
// that were dropped. Aborts with a message if a call fails.
int64_t MeasureWays(bool quick, const std::string& folder,
                    const std::string& collector,
                    std::vector<std::pair<std::string, double>>& out);

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_WAYS_H_
