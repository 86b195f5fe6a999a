// SPDX-License-Identifier: Apache-2.0
// Tables of gold answers and answers, by kind, with the grade that each must
// get; among them wrong answers that look right. Then hostile input, the final
// answer itself, and the command that grades a file.
#include "answers/grading.h"

#include <gtest/gtest.h>

#include <chrono>
#include <ostream>
#include <sstream>
#include <string>
#include <vector>

#include "daemon/recordings/grade_lines.h"
#include "tests/answers/grade_cases.h"

namespace reasonwatch {

namespace {

TEST(GradeAnswer, FindsTheNumberWhereverItStands) {
  Check(
      AnswerKind::kNumber,
      {{"36", "36", kRight},
       {"36", "4 boxes of 9 make 36 pens.", kRight},
       {"36", "4 * 9 = <<4*9=36>>36\nA: 36", kRight},
       {"36", "Four times nine.\n#### 36", kRight},
       {"36", "The product is $\\boxed{36}$. Check: 36 / 9 = 4.", kRight},
       {"36", "{\"reasoning\": \"4*9, not \\\\boxed{12}\", \"answer\": \"36\"}",
        kRight},
       {"36",
        "```json\n{\"reasoning\": \"first\nsecond\",\n\"answer\": 36}\n```",
        kRight},
       {"36", "<answer>36 pens</answer>", kRight},
       {"36", "<think>maybe 12</think>\n**Answer:** 36", kRight},
       {"36", "The answer is 36. I counted 9 rows.", kRight},
       {"-3", "so x = -3", kRight},
       {"3", "10-3", kUnclear},
       {"1250", "$1,250", kRight},
       {"1250", "It costs 1250.00 dollars", kRight},
       {"0.5", "1/2", kRight},
       {"36", "35", kWrong},
       {"36", "The answer is 63.", kWrong},
       {"36", "360", kWrong},
       {"36", "", Grade::kNoAnswer},
       {"36", "I would rather not say.", kUnclear}});
}

TEST(GradeAnswer, ComparesFormulasByValue) {
  Check(AnswerKind::kMath,
        {{"\\frac{3}{8}", "0.375", kRight},
         {"\\frac{3}{8}", "\\dfrac38", kRight},
         {"2\\frac{1}{2}", "5/2", kRight},
         {"$40\\%$", "40 percent", kRight},
         {"40%", "0.4", kRight},
         {"30^\\circ", "30", kRight},
         {"\\sqrt{48}", "4\\sqrt{3}", kRight},
         {"\\frac{1}{\\sqrt{3}}", "\\frac{\\sqrt{3}}{3}", kRight},
         {"(a+b)^2", "a^2 + 2ab + b^2", kRight},
         {"\\cos^2(t)", "1 - \\sin^2 t", kRight},
         {"y = 2x + 1", "2x+1", kRight},
         {"2x - y + 1 = 0", "y = 2x + 1", kRight},
         {"\\{1, 2, 3\\}", "3, 1 and 2", kRight},
         {"(1, 2)", "(1,2)", kRight},
         {"(1, 2)", "(2,1)", kWrong},
         {"[0, 5)", "0 \\le x < 5", kRight},
         {"[0, 5)", "(0, 5)", kWrong},
         {"x \\ge 4", "$4 \\leq x$", kRight},
         {"x > 4", "x < 4", kWrong},
         {"\\pm 6", "\\{-6, 6\\}", kRight},
         {"\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
          "\\begin{bmatrix}1&2\\\\3&\\frac{8}{2}\\end{bmatrix}", kRight},
         {"\\begin{pmatrix} 1 & 2 \\\\ 3 & 4 \\end{pmatrix}",
          "\\begin{pmatrix} 1 & 2 & 3 & 4 \\end{pmatrix}", kWrong},
         {"12\\text{ cm}^2", "12", kRight},
         {"3.2 \\times 10^{-4}", "0.00032", kRight},
         {"10", "$x$ and $y$ differ. So $\\boxed{5}\\cdot 2$", kWrong},
         {"6", "6th", kWrong},
         {"f(x)", "f(y)", kWrong},
         {"\\text{listen}", "\\text{silent}", kWrong},
         {"\\sqrt{x^2}", "x", kWrong},
         {"1/3", "0.33", kWrong},
         {"1/3", "0.33333", kRight},
         {"7", "", Grade::kNoAnswer}});
}

TEST(GradeAnswer, TakesRepeatedSolutionsAsOneButNotRepeatedNumbers) {
  Check(AnswerKind::kMath, {{"(1,2),(3,4)", "(3,4),(1,2),(3,4)", kRight},
                            {"(1,2),(3,4)", "(3,4),(3,4)", kWrong},
                            {"1, 1, 2", "1, 2", kWrong}});
}

TEST(GradeAnswer, TakesABoxForEachPartOfTheGold) {
  Check(
      AnswerKind::kMath,
      {{"(2,5), (7,1)",
        "So $\\boxed{(2,5)}$ solves the first and $\\boxed{(7,1)}$ the second",
        kRight},
       {"7", "First \\boxed{7} fails, so it is \\boxed{8}", kWrong},
       {"(2,5), (7,1)", "We had \\boxed{(2,5)}.\nNow \\boxed{(7,1)}", kWrong}});
}

TEST(GradeAnswer, LeavesOpenWhetherAFunctionOrItsValueWasAskedFor) {
  Check(AnswerKind::kMath, {{"f(x)=3x-4", "3x-4", kUnclear},
                            {"f(x)=3x-4", "f(x)=3x-4", kRight},
                            {"f(x)=3x-4", "3x-5", kWrong}});
}

TEST(GradeAnswer, ComparesToFiftyDigits) {
  Check(AnswerKind::kMath,
        {{"\\sqrt{2}+\\sqrt{3}", "\\sqrt{5+2\\sqrt{6}}", kRight},
         // Ramanujan's constant is an integer for the first twelve decimals.
         {"262537412640768744", "e^{\\pi\\sqrt{163}}", kWrong},
         {"10^{17}\\sqrt{2}", "10^{17}\\sqrt{2}+1", kWrong},
         {"\\sin(x)\\cos(x)", "\\frac{\\sin(2x)}{2}", kRight},
         {"x+10^{-9}x", "x", kWrong}});
}

TEST(GradeAnswer, ReadsDates) {
  Check(AnswerKind::kText, {{"March 5, 2021", "2021-03-05", kRight},
                            {"5 March 2021", "Mar 5th, 2021", kRight},
                            {"25/12/2020", "December 25, 2020", kRight},
                            {"December 25, 2020", "12/25/2020", kRight},
                            {"03/04/2020", "April 3, 2020", kWrong},
                            {"March 5, 2021", "March 6, 2021", kWrong}});
}

TEST(GradeAnswer, KnowsOptionsByLetterOrDigit) {
  Check(AnswerKind::kChoice,
        {{"(B)", "B", kRight},
         {"(B)", "So the answer is (B).", kRight},
         {"B", "B) a lake", kRight},
         {"B", "The answer: B, since A and D have no water", kRight},
         {"B", "It is not A, so I choose B", kRight},
         {"A", "The answer is A because D is dry.", kRight},
         {"C", "The correct option is C.", kRight},
         {"C", "Option C is correct, a rare case", kRight},
         {"B", "\\boxed{\\text{B}}", kRight},
         {"4", "<ANSWER>4</ANSWER>", kRight},
         {"4", "2 + 2 things\n<ANSWER>3</ANSWER>", kWrong},
         {"B", "A lake is wet. The answer is (C).", kWrong},
         {"B", "We look at every case in turn and then", kUnclear},
         {"B", "", Grade::kNoAnswer}});
}

TEST(GradeAnswer, ReadsYesAndNo) {
  Check(AnswerKind::kBoolean,
        {{"yes", "[Yes]", kRight},
         {"yes", "Dividing by 3 leaves no remainder.\n\n[Yes]", kRight},
         {"no", "No, 15 is 3 times 5.", kRight},
         {"True", "The answer is yes.", kRight},
         {"no", "First it seems so.\n[Yes]\nOn a second look:\n[No]", kRight},
         {"yes", "No", kWrong},
         {"yes", "3 leaves no remainder, so we go on to", kUnclear},
         {"yes", "", Grade::kNoAnswer}});
}

TEST(GradeAnswer, ForgivesTheWrappingOfText) {
  Check(AnswerKind::kText, {{"Tuesday", "<answer>tuesday.</answer>", kRight},
                            {"'nada'", "nada", kRight},
                            {"a,b,c", "a, b, c", kRight},
                            {"2045", "2,045", kRight},
                            {"12*4 - 3", "4*12-3", kRight},
                            {"$\\frac{2}{7}$", "2/7", kRight},
                            {"46 days", "46", kRight},
                            {"-0.50, 2.5", "-0.5, 2.500", kRight},
                            {"9.9", "9.11", kWrong},
                            {"0101", "101", kWrong},
                            {"2022-07-02", "2021-07-01", kWrong},
                            {"red, blue", "blue, red", kWrong},
                            {"Tuesday", "", Grade::kNoAnswer}});
}

TEST(GradeAnswer, GuessesTheKindFromTheGold) {
  Check(AnswerKind::kUnknown, {{"yes", "True", kRight},
                               {"(C)", "the answer is C", kRight},
                               {"\\frac{1}{4}", "0.25", kRight},
                               {"18", "that makes 18 eggs", kRight},
                               {"Paris", "paris", kRight}});
}

TEST(GradeAnswer, NumbersOfManySpellings) {
  Check(AnswerKind::kNumber,
        {{"72", "72 km/h", kRight},
         {"72", "The speed is 72 kilometres per hour.", kRight},
         {"72", "72.0", kRight},
         {"72", "72.5", kWrong},
         {"72", "720", kWrong},
         {"1500", "1,500", kRight},
         {"1500", "1 500", kRight},
         {"1500", "1.5e3", kRight},
         {"1500", "1.5 \\times 10^3", kRight},
         {"1500", "$1{,}500", kRight},
         {"1500", "15000", kWrong},
         {"1500", "150", kWrong},
         {"1234567", "1,234,567", kRight},
         {"1234567", "1234567.00", kRight},
         {"1234567", "1,234,576", kWrong},
         {"25", "25%", kRight},
         {"25%", "25", kRight},
         {"0.25", "25%", kRight},
         {"25%", "1/4", kRight},
         {"25%", "2.5%", kWrong},
         {"25%", "0.025", kWrong},
         {"0.75", "3/4", kRight},
         {"0.75", "\\frac{3}{4}", kRight},
         {"0.75", ".75", kRight},
         {"0.75", "0.750", kRight},
         {"0.75", "7.5", kWrong},
         {"0.75", "0.74", kWrong},
         {"2.5", "2 1/2", kRight},
         {"2.5", "2\\frac{1}{2}", kRight},
         {"2.5", "5/2", kRight},
         {"2.5", "2 1/3", kWrong},
         {"-8", "-8", kRight},
         {"-8", "−8", kRight},
         {"-8", "8", kWrong},
         {"-8", "The answer is -8.", kRight},
         {"-8", "x = -8", kRight},
         {"-8", "minus 8", kRight},
         {"8", "minus 8", kWrong},
         {"3.2e-5", "0.000032", kRight},
         {"3.2e-5", "3.2 \\times 10^{-5}", kRight},
         {"3.2e-5", "3.2 × 10⁻⁵", kRight},
         {"3.2e-5", "0.00032", kWrong},
         {"90", "$90", kRight},
         {"90", "90 dollars", kRight},
         {"90", "€90", kRight},
         {"90", "USD 90", kRight},
         {"90", "90 cents", kRight},
         {"90", "**90**", kRight},
         {"14", "She has 20 - 6 = 14 left.", kRight},
         {"14", "Answer: 14 (fourteen)", kRight},
         {"14", "Step 1: 7\nStep 2: 14", kRight},
         {"14", "\\boxed{14} apples", kRight},
         {"14", "**Final answer: 14 apples**", kRight},
         {"14", "#### 14", kRight},
         {"14", "The answer is 14, since 2*7=14.", kRight},
         {"14", "The answer is 14.\n\nLet me know if you want 3 more examples!",
          kRight},
         {"0", "0", kRight},
         {"0", "zero", kRight},
         {"0", "None are left, 0.", kRight},
         {"0", "-0", kRight},
         {"100", "10^2", kRight},
         {"100", "100.00 m", kRight},
         {"12", "12:00", kWrong},
         {"5", "five", kRight},
         {"5", "5th", kRight}});
}

// table: gold answers and spellings of them.
TEST(GradeAnswer, FormulasOfManySpellings) {
  Check(AnswerKind::kMath,
        {{"\\frac{1}{2}", "0.5", kRight},
         {"\\frac{1}{2}", "\\frac12", kRight},
         {"\\frac{1}{2}", "\\tfrac{1}{2}", kRight},
         {"\\frac{1}{2}", "1/2", kRight},
         {"\\frac{1}{2}", "2/4", kRight},
         {"\\frac{1}{2}", "50\\%", kRight},
         {"\\frac{1}{2}", "\\frac{2}{1}", kWrong},
         {"\\frac{1}{2}", "-\\frac{1}{2}", kWrong},
         {"-\\frac{3}{7}", "\\frac{-3}{7}", kRight},
         {"-\\frac{3}{7}", "\\frac{3}{-7}", kRight},
         {"-\\frac{3}{7}", "-3/7", kRight},
         {"-\\frac{3}{7}", "3/7", kWrong},
         {"3\\sqrt{5}", "\\sqrt{45}", kRight},
         {"3\\sqrt{5}", "\\sqrt5 \\cdot 3", kRight},
         {"3\\sqrt{5}", "3√5", kRight},
         {"3\\sqrt{5}", "sqrt(45)", kRight},
         {"3\\sqrt{5}", "6.708203932", kRight},
         {"3\\sqrt{5}", "5\\sqrt{3}", kWrong},
         {"3\\sqrt{5}", "6.7", kWrong},
         {"\\sqrt[3]{16}", "2\\sqrt[3]{2}", kRight},
         {"\\sqrt[3]{16}", "16^{1/3}", kRight},
         {"\\sqrt[3]{16}", "\\sqrt{16}", kWrong},
         {"2\\pi", "2π", kRight},
         {"2\\pi", "2*pi", kRight},
         {"2\\pi", "\\pi \\cdot 2", kRight},
         {"2\\pi", "6.2832", kRight},
         {"2\\pi", "\\pi^2", kWrong},
         {"2\\pi", "2", kWrong},
         {"2\\pi", "6.28", kWrong},
         {"\\frac{\\pi}{6}", "30^\\circ", kWrong},
         {"\\frac{\\pi}{6}", "\\pi/6", kRight},
         {"\\frac{\\pi}{6}", "\\frac16\\pi", kRight},
         {"e^2", "\\exp(2)", kRight},
         {"e^2", "e*e", kRight},
         {"e^2", "2e", kWrong},
         {"\\ln 8", "3\\ln 2", kRight},
         {"\\log_2 8", "3", kRight},
         {"\\ln 8", "\\ln 2", kWrong},
         {"\\begin{pmatrix}1\\\\2\\end{pmatrix}",
          "\\begin{bmatrix}1\\\\2\\end{bmatrix}", kRight},
         {"\\begin{pmatrix}1\\\\2\\end{pmatrix}",
          "\\begin{pmatrix}2\\\\1\\end{pmatrix}", kWrong},
         {"\\begin{pmatrix}1&0\\\\0&1\\end{pmatrix}",
          "\\begin{pmatrix}1&0\\\\0&-1\\end{pmatrix}", kWrong},
         {"\\begin{pmatrix}1/2&0\\\\0&1\\end{pmatrix}",
          "\\begin{pmatrix} 0.5 & 0 \\\\ 0 & 1 \\end{pmatrix}", kRight},
         {"\\{1,2\\}", "\\{2,1\\}", kRight},
         {"\\{1,2\\}", "1, 2", kRight},
         {"\\{1,2\\}", "x=1 or x=2", kRight},
         {"\\{1,2\\}", "\\{1,3\\}", kWrong},
         {"\\{1,2\\}", "\\{1\\}", kWrong},
         {"\\{1,2\\}", "\\{1,2,3\\}", kWrong},
         {"1,2", "x = 1 and x = 2", kRight},
         {"1,2", "x_1 = 1, x_2 = 2", kRight},
         {"1,-2", "-2, 1", kRight},
         {"1,-2", "1, 2", kWrong},
         {"(2,\\infty)", "x > 2", kRight},
         {"(2,\\infty)", "x>2", kRight},
         {"(2,\\infty)", "[2,\\infty)", kWrong},
         {"(2,\\infty)", "(2, +\\infty)", kRight},
         {"(-\\infty,3]", "x \\le 3", kRight},
         {"(-\\infty,3]", "x < 3", kWrong},
         {"(-\\infty,3]", "x ≤ 3", kRight},
         {"[-1,1]", "-1 \\le x \\le 1", kRight},
         {"[-1,1]", "|x| \\le 1", kWrong},
         {"(-\\infty,-1)\\cup(1,\\infty)", "(1,\\infty)\\cup(-\\infty,-1)",
          kRight},
         {"(-\\infty,-1)\\cup(1,\\infty)", "(-1,1)", kWrong},
         {"(-\\infty,-1)\\cup(1,\\infty)", "x<-1 or x>1", kRight},
         {"x>3", "3<x", kRight},
         {"x\\geq 3", "x>3", kWrong},
         {"(3,4)", "(3, 4)", kRight},
         {"(3,4)", "(4,3)", kWrong},
         {"(3,4)", "\\left(3,4\\right)", kRight},
         {"(3,4)", "x=3, y=4", kRight},
         {"(3,4)", "The point is $(3,4)$.", kRight},
         {"(1,2,3)", "(1,2,4)", kWrong},
         {"(\\frac12, 3)", "(0.5, 3)", kRight},
         {"y=2x+3", "y = 3+2x", kRight},
         {"y=2x+3", "2x+3", kRight},
         {"y=2x+3", "2x-y+3=0", kRight},
         {"y=2x+3", "y=2x-3", kWrong},
         {"y=2x+3", "y-3=2x", kRight},
         {"x^2+y^2=4", "y^2+x^2=4", kRight},
         {"x^2+y^2=4", "x^2+y^2=2", kWrong},
         {"x=5", "5", kRight},
         {"x=5", "y=5", kWrong},
         {"x^2+2x+1", "(x+1)^2", kRight},
         {"x^2+2x+1", "(x-1)^2", kWrong},
         {"\\frac{x+1}{2}", "\\frac{x}{2}+\\frac12", kRight},
         {"2^{10}", "1024", kRight},
         {"2^{10}", "1000", kWrong},
         {"5!", "120", kRight},
         {"\\binom{5}{2}", "10", kRight},
         {"\\binom{5}{2}", "20", kWrong},
         {"3 \\pm \\sqrt{2}", "3-\\sqrt{2}, 3+\\sqrt{2}", kRight},
         {"3 \\pm \\sqrt{2}", "3+\\sqrt{2}", kWrong},
         {"10\\text{ cm}", "10", kRight},
         {"10\\text{ cm}", "10 cm", kRight},
         {"10\\text{ cm}", "10\\,\\mathrm{cm}", kRight},
         {"10\\text{ cm}", "11 cm", kWrong},
         {"45^\\circ", "45 degrees", kRight},
         {"45^\\circ", "45°", kRight},
         {"45^\\circ", "54", kWrong},
         {"12\\%", "12%", kRight},
         {"12\\%", "0.12", kRight},
         {"1{,}000", "1000", kRight},
         {"1,000,000", "10^6", kRight},
         {"1.5\\times10^8", "150000000", kRight},
         {"1.5\\times10^8", "1.5e8", kRight},
         {"1.5\\times10^8", "1.5\\times10^7", kWrong},
         {"\\text{Evelyn}", "Evelyn", kRight},
         {"\\text{Evelyn}", "\\text{Evan}", kWrong},
         {"\\text{even}", "even", kRight},
         {"\\text{odd}", "even", kWrong},
         {"\\text{(B)}", "B", kRight},
         {"\\text{(B)}", "C", kWrong},
         {"i", "-i", kWrong},
         {"3+4i", "4i+3", kRight},
         {"3+4i", "3-4i", kWrong},
         {"\\sin^2 x+\\cos^2 x", "1", kRight},
         {"\\tan x", "\\frac{\\sin x}{\\cos x}", kRight},
         {"a^{2}b", "ba^2", kRight},
         {"ab", "a+b", kWrong},
         {"|x|", "x", kWrong},
         {"\\lfloor 3.7 \\rfloor", "3", kRight},
         {"0.\\overline{3}", "\\frac13", kRight},
         {"0.\\overline{3}", "0.3", kWrong},
         {"\\infty", "\\infty", kRight},
         {"\\infty", "-\\infty", kWrong},
         {"\\emptyset", "\\varnothing", kRight},
         {"\\emptyset", "\\{\\}", kRight},
         {"101_2", "101_2", kRight},
         {"101_2", "5", kWrong},
         {"7:30", "7:30", kRight},
         {"7:30", "7:45", kWrong},
         {"\\$5.50", "5.50", kRight},
         {"\\$5.50", "5.5", kRight},
         {"2x", "x", kWrong},
         {"x", "2x", kWrong},
         {"3x^2", "3x^3", kWrong}});
}

TEST(GradeAnswer, ChoicesOfManySpellings) {
  Check(AnswerKind::kChoice,
        {{"A", "A", kRight},
         {"A", "(A)", kRight},
         {"A", "a", kRight},
         {"A", "A. Paris", kRight},
         {"A", "The correct answer is A.", kRight},
         {"A", "Answer: (A) Paris", kRight},
         {"A", "**A**", kRight},
         {"A", "\\boxed{A}", kRight},
         {"A", "\\text{A}", kRight},
         {"A", "B", kWrong},
         {"D", "I think it is C. The answer is D.", kRight},
         {"D", "The answer is not D but C", kWrong},
         {"C", "Options A and B are wrong; therefore C.", kRight},
         {"E", "Answer: E", kRight},
         {"J", "The answer is (J).", kRight},
         {"B", "I am not sure.", kUnclear},
         {"B", "Answer: B or C", kUnclear},
         {"B", "{\"answer\": \"B\"}", kRight},
         {"B", "{\"answer\": \"A\"}", kWrong},
         {"B", "<answer>B</answer>", kRight},
         {"B", "B\n\nBecause A is wrong and C is too.", kRight}});
}

TEST(GradeAnswer, TruthValuesOfManySpellings) {
  Check(AnswerKind::kBoolean,
        {{"yes", "Yes.", kRight},
         {"yes", "yes, it is", kRight},
         {"yes", "True", kRight},
         {"yes", "No.", kWrong},
         {"no", "false", kRight},
         {"no", "The answer is No.", kRight},
         {"no", "Yes, of course", kWrong},
         {"true", "**True**", kRight},
         {"false", "\\boxed{False}", kRight},
         {"yes", "maybe", kUnclear},
         {"no", "**No**, because it is even.", kRight},
         {"yes", "It is not clear, but the answer is yes.", kRight},
         {"no", "{\"answer\": false}", kRight},
         {"yes", "It does. Yes", kRight},
         {"no", "It is not valid.", kUnclear}});
}

TEST(GradeAnswer, TextsAndDatesOfManySpellings) {
  Check(AnswerKind::kText, {{"Paris", "paris", kRight},
                            {"Paris", "Paris.", kRight},
                            {"Paris", "**Paris**", kRight},
                            {"Paris", "The answer is Paris.", kRight},
                            {"Paris", "London", kWrong},
                            {"Paris", "\\boxed{\\text{Paris}}", kRight},
                            {"Paris", "<answer>Paris</answer>", kRight},
                            {"New York", "new  york", kRight},
                            {"New York", "York", kWrong},
                            {"01/02/2003", "01/02/2003", kRight},
                            {"2024-02-29", "February 29, 2024", kRight},
                            {"2024-02-29", "29 Feb 2024", kRight},
                            {"2024-02-29", "29.02.2024", kRight},
                            {"2024-02-29", "28 Feb 2024", kWrong},
                            {"May 1, 1999", "1999-05-01", kRight},
                            {"May 1, 1999", "1999-01-05", kWrong},
                            {"14:30", "14:30", kRight},
                            {"14:30", "2:30 PM", kRight},
                            {"14:30", "14:35", kWrong},
                            {"red, green", "red,green", kRight},
                            {"[1, 2, 3]", "[1,2,3]", kRight},
                            {"[1, 2, 3]", "[1,3,2]", kWrong},
                            {"{\"a\": 1}", "{\"a\":1}", kRight},
                            {"listen", "silent", kWrong},
                            {"\"quoted\"", "quoted", kRight},
                            {"7 days", "7", kRight},
                            {"7 days", "7 weeks", kWrong},
                            {"abc", "ABC", kRight},
                            {"3 5 8", "3 5 8", kRight},
                            {"3 5 8", "3 8 5", kWrong},
                            {"two", "2", kWrong},
                            {"( ) [ ]", "()[]", kRight},
                            {"St. Louis", "St. Louis", kRight},
                            {"left", "right", kWrong},
                            {"Dr. Who", "The answer is Dr. Who", kRight}});
}

TEST(GradeAnswer, StaysFastOnHostileInput) {
  std::vector<std::string> hostile = {
      std::string(70000, '('), std::string(70000, '{'), std::string(70000, '$'),
      std::string(70000, '-')};
  for (std::string unit :
       {"\\boxed{", "<answer>", "\"answer\": \"", "1,", "\\frac",
        "the answer is ", "{1,{", "\\pm", "x^", "9!", "\\(", "[yes"}) {
    std::string s;
    while (s.size() < 70000) s += unit;
    hostile.push_back(s);
    hostile.push_back(s.substr(0, 4000));
  }
  hostile.push_back("9^9^9^9^9^9");
  hostile.push_back(std::string("\0\xff\xfe 5", 5));
  const auto begin = std::chrono::steady_clock::now();
  for (const std::string& s : hostile) {
    for (AnswerKind kind :
         {AnswerKind::kUnknown, AnswerKind::kBoolean, AnswerKind::kNumber,
          AnswerKind::kMath, AnswerKind::kChoice, AnswerKind::kText}) {
      EXPECT_NE(GradeAnswer(kind, "42", s), kRight);
      // As the gold too: a baseline file is not ours either.
      GradeAnswer(kind, s, s);
    }
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

TEST(ExtractFinalAnswer, TakesTheLastMarker) {
  EXPECT_EQ(ExtractFinalAnswer(AnswerKind::kNumber,
                               "\\boxed{3}, no: \\boxed{\\frac{1}{2}}"),
            "\\frac{1}{2}");
  EXPECT_EQ(ExtractFinalAnswer(AnswerKind::kChoice, "I think (C)."), "C");
  EXPECT_EQ(ExtractFinalAnswer(AnswerKind::kBoolean, "True"), "yes");
  EXPECT_EQ(ExtractFinalAnswer(AnswerKind::kText, ""), "");
}

TEST(AnswerKindName, RoundTrips) {
  for (AnswerKind kind :
       {AnswerKind::kBoolean, AnswerKind::kNumber, AnswerKind::kMath,
        AnswerKind::kChoice, AnswerKind::kText})
    EXPECT_EQ(ParseAnswerKind(AnswerKindName(kind)), kind);
  EXPECT_EQ(ParseAnswerKind("essay"), AnswerKind::kUnknown);
}

TEST(RunGrade, SkipsAndNamesBadLines) {
  std::istringstream in(
      "{\"id\": 7, \"gold\": 4, \"answer\": \"2+2 is 4\", "
      "\"answer_kind\": \"number\"}\n"
      "\n"
      "{\"gold\": \"4\"}\n"
      "nonsense\n"
      "{\"gold\": \"4\", \"answer\": \"5\", \"answer_kind\": \"essay\"}\n"
      "{\"gold\": \"yes\", \"answer\": null}\n");
  std::ostringstream out, errors;
  GradeCounts counts;
  ASSERT_TRUE(RunGrade(in, out, errors, &counts).ok());
  EXPECT_EQ(counts.graded, 2);
  EXPECT_EQ(counts.bad_lines, 3);
  EXPECT_EQ(errors.str(),
            "line 3: no \"answer\"\nline 4: not a JSON object\n"
            "line 5: unknown \"answer_kind\"\n");
  EXPECT_EQ(out.str(),
            "{\"id\":7,\"gold\":4,\"answer\":\"2+2 is 4\","
            "\"answer_kind\":\"number\",\"grade\":\"correct\"}\n"
            "{\"gold\":\"yes\",\"answer\":null,\"grade\":\"ungradable\","
            "\"reason\":\"no_answer\"}\n");
}

TEST(RunGrade, FailsWithoutAUsableRow) {
  std::istringstream in("[1]\n");
  std::ostringstream out, errors;
  GradeCounts counts;
  EXPECT_EQ(RunGrade(in, out, errors, &counts).code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace reasonwatch
