// SPDX-License-Identifier: Apache-2.0
// Wrappings of other forms than sentences: labels that file a problem,
// quotation marks, signs round formulas, white space; and requests about the
// problem in their place, which are never exact.
#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "baseline/matching/problem_index.h"
#include "tests/baseline/draw.h"

namespace reasonwatch {
namespace {

constexpr int kDraws = 300;

const std::vector<std::string>& Problems() {
  static const auto& problems = *new std::vector<std::string>{
      "A greenhouse holds 26 rows of 18 tomato plants. How many tomato plants "
      "grow in the greenhouse?",
      "Find all real numbers t with t^2 - 5t + 6 = 0 and t greater than 2.",
      "Ein Kino hat 14 Reihen mit je 22 Sitzen. Wie viele Sitze hat das Kino?",
      "小明有15支铅笔，又买了8支，他一共有多少支铅笔？",
      "Which gas do plants take up from the air?\nA. oxygen\nB. nitrogen\nC. "
      "carbon dioxide\nD. helium"};
  return problems;
}

class FrameForms : public testing::Test {
 protected:
  FrameForms() {
    for (size_t i = 0; i < Problems().size(); ++i)
      index_.Add(i + 1, {"1", AnswerKind::kNumber}, Problems()[i]);
    index_.Build();
  }
  bool IsExact(const std::string& prompt, size_t problem) const {
    const Match match = index_.FindByText(prompt);
    return match.kind == MatchKind::kExact && match.problem == problem + 1;
  }
  ProblemIndex index_;
};

std::string Label(Draw& draw) {
  switch (draw.Below(5)) {
    case 0:
      return absl::StrCat(
          draw.From({"Category", "Subject", "Topic", "Source", "Dataset",
                     "Kategorie", "Sujet", "Тема", "科目", "Nivel", "Level"}),
          ": ", draw.Word(), "\n");
    case 1:
      return absl::StrCat(draw.From({"[", "("}), 1 + draw.Below(20), " ",
                          draw.From({"points", "marks", "pts", "Punkte"}),
                          draw.From({"] ", ") "}));
    case 2:
      return absl::StrCat(draw.From({"Exam", "Test", "Chapter", "Page",
                                     "Klausur", "Examen", "Section"}),
                          " ", 1 + draw.Below(30), ", part ",
                          draw.From({"A", "B", "2"}), "\n\n");
    case 3:
      return absl::StrCat("ID: ", draw.Below(9000), "\nDifficulty: ",
                          draw.From({"easy", "medium", "hard"}), "\n");
    default:
      return absl::StrCat("Time limit: ", 1 + draw.Below(60), " minutes\n");
  }
}

TEST_F(FrameForms, LabelsThatFileAProblemAreWrapping) {
  Draw draw(51);
  int exact = 0;
  std::string missed;
  for (int i = 0; i < kDraws; ++i) {
    const size_t k = draw.Below(Problems().size());
    const std::string prompt = absl::StrCat(Label(draw), Problems()[k]);
    const bool found = IsExact(prompt, k);
    exact += found;
    if (!found) absl::StrAppend(&missed, prompt, "\n----\n");
  }
  EXPECT_GE(exact, kDraws * 98 / 100) << missed;
}

// A value that asks for something, or a fact of the problem, is no label.
TEST_F(FrameForms, LabelsThatAskOrAddAreNot) {
  Draw draw(52);
  for (int i = 0; i < kDraws; ++i) {
    const size_t k = draw.Below(Problems().size());
    const std::string label = draw.From(
        {"Topic:", "Category: ?", "Source: translate", "Type: similar problem",
         "Subject: rewrite it", "Plants: 4", "Rows: 27", "Unit: hundreds",
         "Sitze: 5", "Level: is it hard?", "Greenhouse 3", "t: 7",
         "Difficulty:", "Title:"});
    // Only what speaks of this problem adds to it.
    const bool adds = label.find_first_of("0123456789") != std::string::npos;
    if (adds && k > 0 && label != "t: 7") continue;
    if (label == "t: 7" && k != 1) continue;
    if (label == "Sitze: 5") continue;
    EXPECT_FALSE(IsExact(absl::StrCat(Problems()[k], "\n", label), k)) << label;
  }
}

TEST_F(FrameForms, QuotesSignsAndSpacesAreNoWords) {
  Draw draw(53);
  for (int i = 0; i < kDraws; ++i) {
    const size_t k = draw.Below(Problems().size());
    std::string prompt = Problems()[k];
    switch (draw.Below(6)) {
      case 0:
        prompt = absl::StrCat("«", prompt, "»");
        break;
      case 1:
        prompt = absl::StrCat("「", prompt, "」");
        break;
      case 2:
        prompt = absl::StrReplaceAll(
            prompt,
            {{"t^2 - 5t + 6 = 0", "$t^2 - 5t + 6 = 0$"}, {"26", "\\(26\\)"}});
        break;
      case 3:
        prompt = absl::StrReplaceAll(prompt, {{" ", "\xc2\xa0"}});
        break;
      case 4:
        prompt =
            absl::StrCat("‹", absl::StrReplaceAll(prompt, {{" ", " \n"}}), "›");
        break;
      default:
        prompt = absl::StrCat("\"", prompt, "\"");
    }
    EXPECT_TRUE(k == 4 || IsExact(prompt, k)) << prompt;
  }
}

TEST_F(FrameForms, APartOfTheTextIsNotTheAnswer) {
  Draw draw(54);
  for (int i = 0; i < kDraws; ++i) {
    const size_t k = draw.Below(Problems().size());
    const std::string request = absl::StrCat(
        draw.From({"Reply with", "Write", "Give me", "Return", "Print only"}),
        " the ", draw.From({"last", "first", "second", "longest"}), " ",
        draw.From({"word", "letter", "line", "sentence", "number"}), " of the ",
        draw.From({"question", "problem", "exercise", "puzzle"}), ".");
    EXPECT_FALSE(IsExact(absl::StrCat(Problems()[k], "\n", request), k))
        << request;
    EXPECT_FALSE(IsExact(absl::StrCat(request, "\n\n", Problems()[k]), k))
        << request;
  }
}

// Two dollar amounts are no formula.
TEST(FrameFormsIndex, MoneyKeepsItsSign) {
  ProblemIndex index;
  index.Add(1, {"8", AnswerKind::kNumber},
            "A ticket costs $5 and a drink costs $3. What do both cost?");
  index.Build();
  EXPECT_EQ(
      index
          .FindByText("A ticket costs $5 and a drink costs $3. What do both "
                      "cost?")
          .kind,
      MatchKind::kExact);
  EXPECT_NE(index
                .FindByText(
                    "A ticket costs 5 and a drink costs 3. What do both cost?")
                .kind,
            MatchKind::kExact);
}

}  // namespace
}  // namespace reasonwatch
