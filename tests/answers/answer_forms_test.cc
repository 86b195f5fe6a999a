// SPDX-License-Identifier: Apache-2.0
// Forms of an answer that no list holds, drawn at random: units, bounds and
// operations beside the number, numerals of other bases, tables with the answer
// in any column, elements of any name, sentences that end in their noun,
// asides behind the answer, names in other spellings.
#include <gtest/gtest.h>

#include <cstdint>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "answers/grading.h"

namespace reasonwatch {
namespace {

constexpr int kDraws = 400;

class Draw {
 public:
  explicit Draw(uint32_t seed) : random_(seed) {}
  int Int(int low, int high) {
    return std::uniform_int_distribution<int>(low, high)(random_);
  }
  template <typename Container>
  std::string From(const Container& choices) {
    return std::string(choices[static_cast<size_t>(
        Int(0, static_cast<int>(std::size(choices)) - 1))]);
  }
  std::string Nonsense() {
    std::string word;
    for (int i = Int(2, 4); i > 0; --i) {
      word += "bdfgklmnprstvz"[Int(0, 13)];
      word += "aeiou"[Int(0, 4)];
    }
    return word;
  }

 private:
  std::mt19937 random_;
};

Grade Numeric(std::string_view gold, std::string_view answer) {
  return GradeAnswer(AnswerKind::kNumber, gold, answer);
}

// The units of one dimension in order of size, each in several spellings.
using Unit = std::vector<std::string_view>;
const std::vector<std::vector<Unit>>& Dimensions() {
  static const auto& units = *new std::vector<std::vector<Unit>>{
      {{"mm", "millimeters"},
       {"cm", "centimeters", "centimetres"},
       {"m", "meters", "metres"},
       {"km", "kilometers"}},
      {{"mg", "milligrams"}, {"g", "grams"}, {"kg", "kilograms"}},
      {{"seconds", "sec"}, {"minutes", "min"}, {"hours", "h"}, {"days"}},
      {{"ml", "milliliters"}, {"liters", "litres"}},
  };
  return units;
}

TEST(AnswerForms, TheSameNumberInAnotherUnitIsNeverCorrect) {
  Draw draw(31);
  for (int i = 0; i < kDraws; ++i) {
    const auto& dimension = Dimensions()[static_cast<size_t>(
        draw.Int(0, static_cast<int>(Dimensions().size()) - 1))];
    const int last = static_cast<int>(dimension.size()) - 1;
    const int a = draw.Int(0, last);
    const int b = (a + draw.Int(1, last)) % (last + 1);
    const auto unit = [&](int which) {
      return draw.From(dimension[static_cast<size_t>(which)]);
    };
    const std::string value = absl::StrCat(draw.Int(2, 900));
    const std::string gold = absl::StrCat(value, " ", unit(a));
    const std::string frame = draw.From(std::vector<std::string>{
        "", "The answer is ", "So it takes ", "Answer: ", "That makes "});
    for (const AnswerKind kind :
         {AnswerKind::kNumber, AnswerKind::kUnknown, AnswerKind::kMath}) {
      const std::string other = absl::StrCat(frame, value, " ", unit(b));
      EXPECT_NE(GradeAnswer(kind, gold, other), Grade::kCorrect)
          << gold << " | " << other;
    }
    const std::string same = absl::StrCat(frame, value, " ", unit(a));
    EXPECT_EQ(Numeric(gold, same), Grade::kCorrect) << gold << " | " << same;
    EXPECT_EQ(Numeric(gold, absl::StrCat(frame, value)), Grade::kCorrect);
    EXPECT_EQ(Numeric(value, same), Grade::kCorrect);
  }
}

TEST(AnswerForms, ABoundOrAnOperandIsNeverTheNumber) {
  Draw draw(32);
  constexpr std::string_view kBefore[] = {
      "at least ",   "at most ",  "more than ", "anything but ", "up to ",
      "mindestens ", "au moins ", "al menos ",  "almeno ",       "не менее ",
      "至少",        "最多",      "en az ",     "co najmniej ",  "√",
      "log ",        "ln(",       "sin ",       "ít nhất ",      "except "};
  for (int i = 0; i < kDraws; ++i) {
    const std::string value = absl::StrCat(draw.Int(3, 990));
    const std::string limited = absl::StrCat(draw.From(kBefore), value);
    EXPECT_NE(Numeric(value, limited), Grade::kCorrect) << limited;
    const std::string letter(1, "xyzabpqrtw"[draw.Int(0, 9)]);
    EXPECT_NE(Numeric(value, value + letter), Grade::kCorrect)
        << value << letter;
    const std::string other = absl::StrCat(
        value, draw.Int(0, 1) == 0 ? " (or " : " (oder ", draw.Int(1000, 2000),
        " ", draw.Nonsense(), " ", draw.Nonsense(), ")");
    EXPECT_NE(Numeric(value, other), Grade::kCorrect) << other;
  }
}

std::string InBase(int value, int base) {
  std::string digits;
  for (; value > 0; value /= base)
    digits.insert(0, 1, "0123456789abcdef"[value % base]);
  return digits;
}

TEST(AnswerForms, NumeralsOfABaseAreComparedWithIt) {
  Draw draw(33);
  for (int i = 0; i < kDraws; ++i) {
    const int base = draw.Int(2, 9);
    const int value = draw.Int(20, 4000);
    const auto write = [&draw](const std::string& digits, int in) {
      switch (draw.Int(0, 4)) {
        case 0:
          return absl::StrCat(digits, "_{", in, "}");
        case 1:
          return absl::StrCat("(", digits, ")_", in);
        case 2:
          return absl::StrCat(digits, " base ", in);
        case 3:
          return absl::StrCat("$", digits, "_{", in, "}$");
        default:
          return absl::StrCat(digits, "_", in);
      }
    };
    const std::string gold = absl::StrCat(InBase(value, base), "_", base);
    const std::string right = write(InBase(value, base), base);
    const std::string wrong = write(InBase(value + draw.Int(1, 5), base), base);
    const std::string other = write(InBase(value, base), base + 1);
    EXPECT_EQ(GradeAnswer(AnswerKind::kUnknown, gold, right), Grade::kCorrect)
        << gold << " | " << right;
    for (const std::string& bad : {wrong, other})
      EXPECT_NE(GradeAnswer(AnswerKind::kUnknown, gold, bad), Grade::kCorrect)
          << gold << " | " << bad;
  }
}

TEST(AnswerForms, TheAnswersColumnOfATableIsRead) {
  Draw draw(34);
  for (int i = 0; i < kDraws; ++i) {
    const int columns = draw.Int(1, 4);
    const int answer = draw.Int(0, columns - 1);
    const std::string value = absl::StrCat(draw.Int(100, 999));
    std::string head = "|";
    std::string rule = "|";
    std::string row = "|";
    for (int c = 0; c < columns; ++c) {
      absl::StrAppend(&head, " ", c == answer ? "Answer" : draw.Nonsense(),
                      " |");
      absl::StrAppend(&rule, draw.Int(0, 1) == 0 ? "---|" : ":--:|");
      absl::StrAppend(
          &row, " ", c == answer ? value : absl::StrCat(draw.Int(1, 99)), " |");
    }
    const std::string table = absl::StrCat(head, "\n", rule, "\n", row);
    EXPECT_EQ(Numeric(value, table), Grade::kCorrect) << table;
    EXPECT_EQ(Numeric("7000", table), Grade::kIncorrect) << table;
  }
}

TEST(AnswerForms, AnElementOfAnyNameIsMarkup) {
  Draw draw(35);
  for (int i = 0; i < kDraws; ++i) {
    const std::string value = absl::StrCat(draw.Int(100, 999));
    const std::string name = draw.Nonsense();
    const std::string outer = draw.Nonsense();
    const std::string answer =
        draw.Int(0, 1) == 0
            ? absl::StrCat("<", name, ">", value, "</", name, ">")
            : absl::StrCat("<", outer, "><", name, ">Answer: ", value, "</",
                           name, "></", outer, ">");
    EXPECT_EQ(Numeric(value, answer), Grade::kCorrect) << answer;
    EXPECT_EQ(Numeric("5000", answer), Grade::kIncorrect) << answer;
  }
}

TEST(AnswerForms, WhatStandsBehindTheAnswerIsNotIt) {
  Draw draw(36);
  constexpr std::string_view kStated[] = {
      "% is the answer.",       "Thus % is our final answer.",
      "% es la respuesta.",     "% ist die Antwort.",
      "% è la risposta.",       "<result>%</result>",
      "<solution>%</solution>", "Answer: %"};
  constexpr std::string_view kUnmarked[] = {"So we are left with %.",
                                            "We get %.", "It makes % of them."};
  for (int i = 0; i < kDraws; ++i) {
    const std::string value = absl::StrCat(draw.Int(1000, 9999));
    const auto fill = [&value](std::string frame) {
      return frame.replace(frame.find('%'), 1, value);
    };
    std::string aside;
    const int a = draw.Int(2, 40), b = draw.Int(2, 40);
    switch (draw.Int(0, 3)) {
      case 0:
        aside = absl::StrCat("(This ", draw.Nonsense(), " takes ", a,
                             " days a month.)");
        break;
      case 1:
        aside = absl::StrCat("Verification: ", a, " + ", b, " = ", a + b);
        break;
      case 2:
        aside = absl::StrCat("Note that ", a, " other ways exist.");
        break;
      default:
        aside = absl::StrCat(draw.Nonsense(), " ", draw.Nonsense(), ": ", a);
    }
    const std::string marked =
        absl::StrCat(fill(draw.From(kStated)), "\n\n", aside);
    EXPECT_EQ(Numeric(value, marked), Grade::kCorrect) << marked;
    EXPECT_EQ(Numeric("31", marked), Grade::kIncorrect) << marked;
    const std::string unmarked =
        absl::StrCat(fill(draw.From(kUnmarked)), "\n\n", aside);
    for (const AnswerKind kind : {AnswerKind::kNumber, AnswerKind::kMath})
      EXPECT_NE(GradeAnswer(kind, value, unmarked), Grade::kIncorrect)
          << unmarked;
  }
}

TEST(AnswerForms, AVerdictThatIsTakenBackIsNone) {
  for (const char* both : {"Yes, or rather: no.", "No - wait, yes!",
                           "Yes, I mean, no.", "Yes and no."})
    for (const char* gold : {"yes", "no"})
      EXPECT_NE(GradeAnswer(AnswerKind::kBoolean, gold, both), Grade::kCorrect)
          << both;
  EXPECT_EQ(GradeAnswer(AnswerKind::kBoolean, "no",
                        "No, it isn't. It would be true for primes."),
            Grade::kCorrect);
}

TEST(AnswerForms, ListsOfNamesAreComparedByTheirItems) {
  Draw draw(37);
  constexpr std::string_view kAnd[] = {" and ", " und ", " y ", " et ", ", "};
  for (int i = 0; i < kDraws; ++i) {
    const std::string a = draw.Nonsense(), b = draw.Nonsense() + "o",
                      c = draw.Nonsense() + "us";
    const std::string gold = absl::StrCat(a, ", ", b, ", ", c);
    const auto grade = [&gold](const std::string& answer) {
      return GradeAnswer(AnswerKind::kText, gold, answer);
    };
    EXPECT_EQ(grade(absl::StrCat(a, ", ", b, draw.From(kAnd), c)),
              Grade::kCorrect);
    EXPECT_NE(grade(absl::StrCat(a, ", ", b)), Grade::kCorrect);
    EXPECT_NE(grade(absl::StrCat(a, ", ", b, " and ", c, "x")),
              Grade::kCorrect);
  }
}

TEST(AnswerForms, DatesAndTimesInOtherSpellings) {
  const auto grade = [](std::string_view gold, std::string_view answer) {
    return GradeAnswer(AnswerKind::kText, gold, answer);
  };
  Draw draw(38);
  for (int i = 0; i < kDraws; ++i) {
    const int hour = draw.Int(13, 23), minute = draw.Int(10, 58);
    const std::string gold = absl::StrCat(hour, ":", minute);
    for (const std::string& same : {absl::StrCat(hour, "h", minute),
                                    absl::StrCat(hour, ".", minute, " Uhr"),
                                    absl::StrCat(hour - 12, ":", minute, " pm"),
                                    absl::StrCat(hour, "时", minute, "分")})
      EXPECT_EQ(grade(gold, same), Grade::kCorrect) << same;
    EXPECT_EQ(grade(gold, absl::StrCat(hour, "h", minute + 1)),
              Grade::kIncorrect);
    const int day = draw.Int(1, 28);
    const std::string date = absl::StrCat("May ", day);
    EXPECT_EQ(grade(date, absl::StrCat(day, " May")), Grade::kCorrect);
    EXPECT_EQ(grade(date, absl::StrCat("the ", day, "th of May")),
              Grade::kCorrect);
    EXPECT_NE(grade(date, absl::StrCat(day + 1, " May")), Grade::kCorrect);
    EXPECT_NE(grade(date, absl::StrCat(day, " June")), Grade::kCorrect);
  }
}

TEST(AnswerForms, NamesInScriptsWithoutSpaces) {
  EXPECT_EQ(GradeAnswer(AnswerKind::kText, "京都", "京都です。"),
            Grade::kCorrect);
  EXPECT_EQ(GradeAnswer(AnswerKind::kText, "京都", "答えは京都です。"),
            Grade::kCorrect);
  EXPECT_NE(GradeAnswer(AnswerKind::kText, "京都", "奈良です。"),
            Grade::kCorrect);
  EXPECT_EQ(GradeAnswer(AnswerKind::kText, "N2O", "N₂O"), Grade::kCorrect);
  EXPECT_NE(GradeAnswer(AnswerKind::kText, "N2O", "NO₂"), Grade::kCorrect);
}

}  // namespace
}  // namespace reasonwatch
