// SPDX-License-Identifier: Apache-2.0
// An index of one problem, for prompts that have it within a frame.
#ifndef REASONWATCH_TESTS_BASELINE_FRAMED_PROBLEM_H_
#define REASONWATCH_TESTS_BASELINE_FRAMED_PROBLEM_H_

#include <gtest/gtest.h>

#include <string>

#include "baseline/matching/problem_index.h"

namespace reasonwatch {

class FramedProblem : public testing::Test {
 protected:
  static constexpr char kProblem[] =
      "A dairy fills 36 crates with 24 bottles each. How many bottles are "
      "that?";

  FramedProblem() {
    index_.Add(1, {"864", AnswerKind::kNumber}, kProblem);
    index_.Build();
  }
  bool IsExact(const std::string& prompt) const {
    return index_.FindByText(prompt).kind == MatchKind::kExact;
  }

 private:
  ProblemIndex index_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_BASELINE_FRAMED_PROBLEM_H_
