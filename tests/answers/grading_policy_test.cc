// SPDX-License-Identifier: Apache-2.0
// Answers that grading does not decide, and its choice of a kind.
#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

#include "answers/grading.h"
#include "tests/answers/grade_cases.h"

namespace reasonwatch {

namespace {

TEST(GradeAnswer, NeverTakesAnAmbiguousAnswerForARightOne) {
  Check(AnswerKind::kNumber, {{"8", "–8", kUnclear},
                              {"100", "100 million", kUnclear},
                              {"1.25", "1,250", kUnclear},
                              {"1250", "1.250", kUnclear},
                              {"12", "The answer is 12 or 15.", kUnclear},
                              {"12", "Answer: 12 and 15", kUnclear},
                              {"7", "±7", kWrong},
                              {"3", "H3O has none", kUnclear},
                              {"48", "<think>\n4 * 12 = 48, and now", kUnclear},
                              {"48", "~~48~~ 47", kWrong}});
  Check(AnswerKind::kUnknown, {{"2p-q=5", "5", kUnclear},
                               {"5", "2p = 5", kUnclear},
                               {"yes", "yes and no", kUnclear},
                               {"B", "(B) or (C)", kUnclear}});
}

TEST(GradeAnswer, TakesTheGoldsOwnPrecision) {
  Check(AnswerKind::kNumber, {{"1638.16", "1638.1587", kRight},
                              {"1638.16", "1638.1687", kWrong},
                              {"1638.16", "1638.2", kWrong},
                              {"6.28", "6.2832", kUnclear}});
}

TEST(GradeAnswer, KnowsARefusal) {
  Check(AnswerKind::kNumber,
        {{"42", "I'm sorry, but I can't help with those 42 steps.",
          Grade::kRefused},
         {"42", "Lo siento, pero no puedo ayudar con eso.", Grade::kRefused},
         {"42", "I can't help noticing that. The answer is 42.", kRight}});
}

TEST(GradeAnswer, InfersTheKindFromGoldAndAnswer) {
  Check(AnswerKind::kUnknown, {{"y < 7", "$7 > y$", kRight},
                               {"3 ^ { 5 }", "243", kRight},
                               {"60%", "0.6", kRight},
                               {"016", "16", kRight},
                               {"sqrt(y)", "\\boxed{\\sqrt{y}}", kRight},
                               {"2*pi*r", "\\boxed{2\\pi r}", kRight},
                               {"3:5", "3 to 5", kRight},
                               {"15:30", "It leaves at 3:30 p.m.", kRight},
                               {"2021-03-05", "on 5 March 2021", kRight},
                               {"Paris", "It is Paris.", kRight},
                               {"Paris", "It is not Paris.", kUnclear},
                               {"Paris", "It is Rome.", kWrong}});
}

// The answer is stated before a remark in brackets.
TEST(GradeAnswer, ARemarkInBracketsIsNotTheAnswer) {
  Check(AnswerKind::kMath,
        {{"5", "So the length is $5$ (the square of $\\sqrt{5}$).", kRight},
         {"\\sqrt{5}", "So the length is $5$ (the square of $\\sqrt{5}$).",
          kWrong},
         {"\\frac{5}{36}", "$\\dfrac{5}{36}$ (about 13.9%)", kRight},
         {"3", "$x = 3$ (since $x - 1 = 2$)", kRight}});
}

TEST(GradeAnswer, AnOptionAloneInTheLastLineDecides) {
  Check(AnswerKind::kChoice,
        {{"B", "Options B and D can be eliminated. A fails too.\n\n**C**",
          kWrong},
         {"C", "Options B and D can be eliminated. A fails too.\n\n**C**",
          kRight},
         {"B", "Both A and B are correct.", kUnclear},
         {"A", "Both A and B are correct.", kUnclear}});
}

TEST(GradeAnswer, ConvertsUnitsOfOneKind) {
  Check(AnswerKind::kUnknown,
        {{"5 km", "The hiker walked **5,000 meters**.", kRight},
         {"5 km", "The hiker walked **500 meters**.", kWrong},
         {"20°C", "The temperature is 20°F.", kWrong},
         {"20°C", "The temperature is 20°C.", kRight}});
}

// Neither is wrong for certain.
TEST(GradeAnswer, PartsOfANameAndOtherLanguagesAreUnclear) {
  Check(AnswerKind::kText,
        {{"William Shakespeare", "Shakespeare", kUnclear},
         {"USA", "United States of America", kUnclear},
         {"Munich", "Die Landeshauptstadt von Bayern ist München.", kUnclear},
         {"William Shakespeare", "Christopher Marlowe", kWrong},
         {"USA", "United Kingdom", kWrong},
         {"Munich", "Hamburg", kWrong}});
}

TEST(GradeAnswer, AnglesBracketAVector) {
  Check(AnswerKind::kMath,
        {{"(1, 0, -1)", "$\\langle 1,\\, 0,\\, -1\\rangle$", kRight},
         {"(1, 0, -1)", "$\\langle 1,\\, 0,\\, 1\\rangle$", kWrong}});
}

TEST(GradeAnswer, APointMayPartThousandsBesideMoney) {
  Check(AnswerKind::kNumber, {{"1.5", "It costs 1.500 euros.", kUnclear},
                              {"1500", "It costs 1.500 euros.", kUnclear},
                              {"1.5", "It costs 1.50 euros.", kRight},
                              {"1250", "It costs $1,250.", kRight}});
}

}  // namespace
}  // namespace reasonwatch
