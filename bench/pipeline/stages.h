// SPDX-License-Identifier: Apache-2.0
// Processor time of the parts of the pipeline, in this process, one thread.
#ifndef REASONWATCH_BENCH_PIPELINE_STAGES_H_
#define REASONWATCH_BENCH_PIPELINE_STAGES_H_

#include <string>
#include <utility>
#include <vector>

namespace reasonwatch::bench {

// Returns names and values in order of output. `quick` measures fewer
// responses, so its figures vary more.
std::vector<std::pair<std::string, double>> MeasureStages(
    bool quick, const std::string& folder);

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_STAGES_H_
