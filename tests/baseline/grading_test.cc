#include "baseline/grading/grading.h"

#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

TEST(GradeAnswer, ReadsTheLastNumber) {
  EXPECT_EQ(GradeAnswer(AnswerKind::kNumber, "22", "so 2 * 11\nA: 22"),
            Grade::kCorrect);
}

}  // namespace
}  // namespace reasonwatch
