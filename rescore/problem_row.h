// SPDX-License-Identifier: Apache-2.0
// A recorded response with its readings, of which a ProblemSet is made.
#ifndef REASONWATCH_RESCORE_PROBLEM_ROW_H_
#define REASONWATCH_RESCORE_PROBLEM_ROW_H_

#include "core/response.h"
#include "core/scored.h"

namespace reasonwatch {

struct ProblemRow {
  Response response;
  Scored scored;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_PROBLEM_ROW_H_
