// SPDX-License-Identifier: Apache-2.0
// The families of problems, and the problems, that a finding of failing answers
// names.
#ifndef REASONWATCH_INCIDENTS_FAILING_PROBLEMS_H_
#define REASONWATCH_INCIDENTS_FAILING_PROBLEMS_H_

#include <vector>

#include "core/finding.h"

namespace reasonwatch {

// `asked`: solved problems with their trials before and since, in any order.
// Sets Finding::families and Finding::failing.
void ListFailing(std::vector<FailingProblem> asked, Finding& finding);

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_FAILING_PROBLEMS_H_
