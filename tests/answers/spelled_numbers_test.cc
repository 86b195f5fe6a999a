// SPDX-License-Identifier: Apache-2.0
// Numbers are drawn, spelled as people do, and read back.
#include "answers/spelled_numbers.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "answers/grading.h"

namespace reasonwatch {
namespace {

constexpr const char* kSmall[] = {
    "zero",    "one",     "two",       "three",    "four",
    "five",    "six",     "seven",     "eight",    "nine",
    "ten",     "eleven",  "twelve",    "thirteen", "fourteen",
    "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
constexpr const char* kTens[] = {"",       "",      "twenty", "thirty",
                                 "forty",  "fifty", "sixty",  "seventy",
                                 "eighty", "ninety"};

std::string UnderHundred(int64_t n, const char* joint) {
  if (n < 20) return kSmall[n];
  return n % 10 == 0 ? kTens[n / 10]
                     : absl::StrCat(kTens[n / 10], joint, kSmall[n % 10]);
}
std::string UnderThousand(int64_t n, const char* joint, const char* hundreds) {
  if (n < 100) return UnderHundred(n, joint);
  const std::string head = absl::StrCat(kSmall[n / 100], " hundred");
  return n % 100 == 0
             ? head
             : absl::StrCat(head, hundreds, UnderHundred(n % 100, joint));
}
std::string Spell(int64_t n, const char* joint, const char* hundreds) {
  if (n < 1000) return UnderThousand(n, joint, hundreds);
  std::string out;
  for (const auto& [scale, name] :
       {std::pair<int64_t, const char*>{1000000, "million"},
        {1000, "thousand"}}) {
    if (n < scale) continue;
    absl::StrAppend(&out, out.empty() ? "" : " ",
                    UnderThousand(n / scale, joint, hundreds), " ", name);
    n %= scale;
  }
  if (n > 0)
    absl::StrAppend(&out, n < 100 && hundreds[1] == 'a' ? " and " : " ",
                    UnderThousand(n, joint, hundreds));
  return out;
}

TEST(SpelledNumbers, AreReadBack) {
  std::mt19937 random(5);
  for (int i = 0; i < 3000; ++i) {
    const int64_t limit = int64_t{10} << (random() % 24);
    const int64_t n = static_cast<int64_t>(random()) % limit;
    const std::string words = Spell(n, random() % 2 == 0 ? "-" : " ",
                                    random() % 2 == 0 ? " and " : " ");
    EXPECT_EQ(WithDigits(words), absl::StrCat(n)) << words;
    const std::string sentence =
        absl::StrCat("The answer is ", words, " bolts.");
    if (n == 1) continue;
    EXPECT_EQ(WithDigits(sentence),
              absl::StrCat("The answer is ", n, " bolts."))
        << words;
  }
}

TEST(SpelledNumbers, APronounIsNone) {
  EXPECT_EQ(WithDigits("one of the two"), "one of the 2");
  EXPECT_EQ(WithDigits("no one knows"), "");
  EXPECT_EQ(WithDigits("One."), "1.");
  EXPECT_EQ(WithDigits("often, weight and tone"), "");
}

TEST(SpelledNumbers, AreGraded) {
  const auto grade = [](std::string_view gold, std::string_view answer) {
    return GradeAnswer(AnswerKind::kUnknown, gold, answer);
  };
  EXPECT_EQ(grade("42", "The answer is forty-two."), Grade::kCorrect);
  EXPECT_EQ(grade("42", "Forty-two bolts."), Grade::kCorrect);
  EXPECT_EQ(grade("42", "The answer is forty-three."), Grade::kIncorrect);
  EXPECT_EQ(grade("2",
                  "There are two ways to look at this problem, and both "
                  "of them lead nowhere at all."),
            Grade::kUngradable);
}

}  // namespace
}  // namespace reasonwatch
