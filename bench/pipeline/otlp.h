// SPDX-License-Identifier: Apache-2.0
// Processor time of OTLP's intake, in this process, one thread.
#ifndef REASONWATCH_BENCH_PIPELINE_OTLP_H_
#define REASONWATCH_BENCH_PIPELINE_OTLP_H_

#include <string>
#include <utility>
#include <vector>

namespace reasonwatch::bench {

// Returns microseconds of processor time for a response of about 4 KB, from the
// encoded request to a sink that drops it, by encoding; and of parsing the same
// protobuf alone, which is the least that any receiver does.
std::vector<std::pair<std::string, double>> MeasureOtlp(bool quick);

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_OTLP_H_
