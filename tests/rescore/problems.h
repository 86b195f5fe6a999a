// SPDX-License-Identifier: Apache-2.0
// Problem sets with given trials.
#ifndef REASONWATCH_TESTS_RESCORE_PROBLEMS_H_
#define REASONWATCH_TESTS_RESCORE_PROBLEMS_H_

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "rescore/problem_row.h"
#include "rescore/problem_set.h"

namespace reasonwatch {

// The Scored of a response that passes or fails.
inline Scored ScoredTrial(uint64_t problem, bool passes, double tokens = 200) {
  Scored s;
  s.model = "m";
  s.route = "default";
  s.match = {MatchKind::kExact, problem, 0};
  s.grade = passes ? Grade::kCorrect : Grade::kIncorrect;
  s.readings.fill(0);
  s.reading(Feature::kOutputTokens) =
      static_cast<float>(std::log2(1 + tokens + 20));
  s.reading(Feature::kReasoningTokens) =
      static_cast<float>(std::log2(1 + tokens));
  s.reading(Feature::kBoxed) = 1;
  return s;
}

inline ProblemRow BaselineTrial(uint64_t problem, bool passes,
                                double tokens = 200) {
  ProblemRow row;
  row.response.model = "m";
  row.response.prompt = absl::StrFormat("What is %d + 1?", problem);
  row.response.problem =
      Problem{absl::StrFormat("p%d", problem), "1", AnswerKind::kNumber};
  row.response.sampling.temperature = .7;
  row.response.sampling.top_p = .95;
  row.scored = ScoredTrial(problem, passes, tokens);
  return row;
}

// `count` problems, numbered from 1, with `trials` trials of which the first
// `failures` failed.
inline ProblemSet UniformProblems(int count, int trials, int failures) {
  std::vector<ProblemRow> rows;
  for (int p = 1; p <= count; ++p)
    for (int t = 0; t < trials; ++t)
      rows.push_back(BaselineTrial(static_cast<uint64_t>(p), t >= failures));
  return ProblemSet::Make(rows);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_RESCORE_PROBLEMS_H_
