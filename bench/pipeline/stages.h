// Processor time of the parts of the pipeline, in this process, one thread.
#ifndef REASONWATCH_BENCH_PIPELINE_STAGES_H_
#define REASONWATCH_BENCH_PIPELINE_STAGES_H_

#include <string>
#include <utility>
#include <vector>

namespace reasonwatch::bench {

// Name and value, in order; "quick" measures less and shakier.
std::vector<std::pair<std::string, double>> MeasureStages(
    bool quick, const std::string& folder);

}  // namespace reasonwatch::bench

#endif  // REASONWATCH_BENCH_PIPELINE_STAGES_H_
