// SPDX-License-Identifier: Apache-2.0
// Tables of answers with the grades that they must get.
#ifndef REASONWATCH_TESTS_ANSWERS_GRADE_CASES_H_
#define REASONWATCH_TESTS_ANSWERS_GRADE_CASES_H_

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "answers/grading.h"

namespace reasonwatch {

// Found by gtest, so that a failure reads "correct" instead of a byte.
inline void PrintTo(Grade grade, std::ostream* os) { *os << GradeName(grade); }

inline constexpr Grade kRight = Grade::kCorrect;
inline constexpr Grade kWrong = Grade::kIncorrect;
inline constexpr Grade kUnclear = Grade::kUngradable;

struct Case {
  std::string gold;
  std::string answer;
  Grade expected;
};

inline void Check(AnswerKind kind, const std::vector<Case>& cases) {
  for (const Case& c : cases)
    EXPECT_EQ(GradeAnswer(kind, c.gold, c.answer), c.expected)
        << "gold " << c.gold << " answer " << c.answer;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_ANSWERS_GRADE_CASES_H_
