// SPDX-License-Identifier: Apache-2.0
// The finding of canaries: a loss that asking on schedule has shown.
#ifndef REASONWATCH_INCIDENTS_CANARY_FINDING_H_
#define REASONWATCH_INCIDENTS_CANARY_FINDING_H_

#include <vector>

#include "core/finding.h"
#include "core/verdict.h"

namespace reasonwatch {

// Finding::channel of an incident that canaries have opened. Detectors know
// nothing of it: canaries close it too.
inline constexpr char kCanaryChannel[] = "consistency_regression/canaries";

// The finding of a verdict that canaries have confirmed. `asked`: the problems
// of its outcomes by name.
Finding MakeCanaryFinding(const Verdict& verdict,
                          std::vector<FailingProblem> asked);

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_CANARY_FINDING_H_
