// SPDX-License-Identifier: Apache-2.0
// Notations of plain text, with numbers that are drawn.
#include "answers/notations.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "answers/grading.h"

namespace reasonwatch {
namespace {

Grade GradeOf(std::string_view gold, std::string_view answer) {
  return GradeAnswer(AnswerKind::kUnknown, gold, answer);
}

class Notations : public testing::Test {
 protected:
  int Draw(int least, int most) {
    return least + static_cast<int>(random_() %
                                    static_cast<unsigned>(most - least + 1));
  }
  std::mt19937 random_{11};
};

TEST_F(Notations, SolutionsAreASet) {
  for (int i = 0; i < 100; ++i) {
    const int a = Draw(-40, -1);
    const int b = Draw(1, 40);
    const std::string gold = absl::StrCat("{", a, ",", b, "}");
    for (const std::string& answer : {absl::StrCat("{", b, ", ", a, "}"),
                                      absl::StrCat("x = ", a, " or x = ", b),
                                      absl::StrCat("$x=", b, "$, $x=", a, "$")})
      EXPECT_EQ(GradeOf(gold, answer), Grade::kCorrect) << gold << answer;
    EXPECT_EQ(GradeOf(gold, absl::StrCat("x = ", a, " or x = ", b + 1)),
              Grade::kIncorrect);
    EXPECT_EQ(AsSolutions(absl::StrCat("x = ", a, ", y = ", b)), "");
  }
}

TEST_F(Notations, BracketsMayOpenOutward) {
  for (int i = 0; i < 100; ++i) {
    const int a = Draw(-40, 0);
    const int b = Draw(1, 40);
    EXPECT_EQ(GradeOf(absl::StrCat("(", a, ",", b, ")"),
                      absl::StrCat("]", a, ";", b, "[")),
              Grade::kCorrect);
    EXPECT_NE(GradeOf(absl::StrCat("[", a, ",", b, "]"),
                      absl::StrCat("]", a, ";", b, "[")),
              Grade::kCorrect);
  }
}

TEST_F(Notations, ADeniedNumberIsNoAnswer) {
  for (int i = 0; i < 100; ++i) {
    const int a = Draw(2, 900);
    const int b = a + Draw(1, 90);
    for (const std::string& answer :
         {absl::StrCat("The answer is ", a, ", not ", b, "."),
          absl::StrCat("El resultado es ", a, " y no ", b, ".")}) {
      EXPECT_EQ(GradeOf(absl::StrCat(a), answer), Grade::kCorrect) << answer;
      EXPECT_EQ(GradeOf(absl::StrCat(b), answer), Grade::kIncorrect) << answer;
    }
    EXPECT_EQ(GradeOf(absl::StrCat(a), absl::StrCat("=> ", a)),
              Grade::kCorrect);
    EXPECT_EQ(GradeOf(absl::StrCat(a), absl::StrCat("|x| = ", a)),
              Grade::kUngradable);
    EXPECT_EQ(GradeOf(absl::StrCat(a), absl::StrCat(a, ":1")),
              Grade::kUngradable);
  }
}

TEST_F(Notations, AConclusionOutweighsWhatItIsDrawnFrom) {
  for (int i = 0; i < 100; ++i) {
    const int a = Draw(2, 900);
    const int b = a + Draw(1, 90);
    EXPECT_EQ(
        GradeOf(absl::StrCat(b), absl::StrCat("The roots are ", a, " and ", b,
                                              ", so the larger is ", b, ".")),
        Grade::kCorrect);
    EXPECT_EQ(GradeOf(absl::StrCat(b),
                      absl::StrCat(b, " [1]\n\n[1] Source: a book, ", a)),
              Grade::kCorrect);
  }
}

TEST_F(Notations, OptionsThatAreGoneThroughAreNoChoice) {
  EXPECT_EQ(GradeOf("C", "(A) is wrong, (B) is wrong, so (C)."),
            Grade::kCorrect);
  EXPECT_EQ(GradeOf("A", "A. no\nB. no\nC. yes\nD. no"), Grade::kUngradable);
  EXPECT_EQ(GradeOf("C", "Option (c)"), Grade::kCorrect);
  EXPECT_NE(GradeOf("C", "Réponse C"), Grade::kIncorrect);
}

TEST_F(Notations, AreAsWritten) {
  EXPECT_EQ(GradeOf("120", "$5!$"), Grade::kCorrect);
  EXPECT_EQ(GradeOf("5!", "120"), Grade::kCorrect);
  EXPECT_EQ(GradeOf("6.5e7", "6.5x10^7"), Grade::kCorrect);
  EXPECT_EQ(GradeOf("6.5e7", "6.5x10^8"), Grade::kIncorrect);
  EXPECT_EQ(GradeOf("4.5 million", "4500000"), Grade::kCorrect);
  EXPECT_EQ(GradeOf("90 minutes", "1.5 hours"), Grade::kCorrect);
  EXPECT_EQ(GradeOf("90 minutes", "2.5 hours"), Grade::kIncorrect);
}

}  // namespace
}  // namespace reasonwatch
