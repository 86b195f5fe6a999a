// SPDX-License-Identifier: Apache-2.0
#include "answers/marks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch::marks {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Contents(std::string_view text,
                                  const std::vector<Span>& spans) {
  std::vector<std::string> contents;
  contents.reserve(spans.size());
  for (const Span& span : spans) contents.emplace_back(span.Content(text));
  return contents;
}

TEST(Boxes, AreReadAsModelsWriteThem) {
  const std::string_view text =
      "\\boxed{\\frac{1}{2}}, \\fboxed{3}, \\boxed 5 and \\boxed35 cm}, "
      "unboxed{4}";
  EXPECT_THAT(Contents(text, Boxes(text)),
              ElementsAre("\\frac{1}{2}", "3", "5", "35 cm"));
  EXPECT_TRUE(Boxes("\\boxed{7").empty());
}

TEST(Boxes, OfTheLiveReadingsEndAtTheFirstBrace) {
  const std::string_view text = "boxed{\\frac{1}{2}} \\boxed{9}";
  const auto first = NextPlainBox(text, 0);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(first->Content(text), "\\frac{1");
  const auto second = NextPlainBox(text, first->content);
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(second->Content(text), "9");
  EXPECT_FALSE(NextPlainBox(text, second->content).has_value());
}

TEST(Formulas, AreNoPrices) {
  const std::string_view text =
      "It costs $5 and they pay $6 each day, so $x=1$, $$y$$, \\(z\\) and "
      "\\[w\\].";
  EXPECT_THAT(Contents(text, Formulas(text)),
              ElementsAre("x=1", "y", "z", "w"));
}

TEST(LastJson, ReadsStringsNumbersAndLists) {
  const auto value = [](std::string_view text) {
    const auto mark = LastJson(text);
    return mark.has_value() ? mark->text : "none";
  };
  EXPECT_EQ(value(R"({"answer": "a \"b\""})"), "a \"b\"");
  EXPECT_EQ(value(R"({"final_answer": 12, "x": 3})"), "12");
  EXPECT_EQ(value(R"({'Answer': 'yes'})"), "yes");
  EXPECT_EQ(value(R"({"answer": [1, 2]})"), "[1, 2]");
  EXPECT_EQ(value(R"({"answer": "1"} {"answer": "2"})"), "2");
  EXPECT_EQ(value(R"({"answers": 1})"), "none");
}

TEST(LastTag, KeepsAnOpenOneOnlyIfItIsShort) {
  EXPECT_EQ(LastTag("<answer>1</answer> <ANSWER> 2 </answer>")->text, "2");
  EXPECT_EQ(LastTag("so <final_answer>3")->text, "3");
  EXPECT_FALSE(LastTag("<answer>" + std::string(200, 'x')).has_value());
  EXPECT_FALSE(LastTag("<answers>1</answers>").has_value());
}

// Both columns of the table of phrases: the answer that grading finds, and the
// one that the live readings find.
TEST(Phrases, AreKnownToOneReaderOrBoth) {
  struct Case {
    std::string_view text;
    std::string_view grading;
    std::string_view live;
  };
  const Case cases[] = {
      {"The answer is 15.", "15", "15"},
      {"**Answer:** 5", "5", "5"},
      {"The answer to the question is 5", "5", "5"},
      {"Answer choice: B", "B", ""},
      {"answer = 5", "5", ""},
      {"## Final Answer\n5", "5", ""},
      {"#### 5", "5", ""},
      {"A: 5", "5", ""},
      {"答案是5", "5", ""},
      {"La réponse est 5", "5", ""},
      {"Die Antwort ist 5", "5", ""},
      {"La respuesta es 5", "5", ""},
      {"The answer is not 5", "not 5", ""},
      {"The answer is correct", "correct", ""},
      {"The answers are 5 and 6", "", ""},
      {"The answer is 14. No, the answer is 15.", "15", "15"},
  };
  for (const Case& c : cases) {
    const auto phrase = LastPhrase(c.text);
    EXPECT_EQ(phrase.has_value() ? phrase->text : "", c.grading) << c.text;
    size_t at = 0;
    EXPECT_EQ(LastStatement(c.text, at), c.live) << c.text;
  }
}

TEST(Verdicts, AnOfferedPairIsNoneForTheLiveReadings) {
  EXPECT_EQ(LastBracketedVerdict("[Yes] or [No]"), false);
  EXPECT_EQ(LastChosenVerdict("[Yes] or [No]"), std::nullopt);
  EXPECT_EQ(LastChosenVerdict("Say [Yes] or [No]. It is [ yes ]."), true);
  EXPECT_EQ(LastBracketedVerdict("[true], [maybe]"), true);
  EXPECT_EQ(LastBracketedVerdict("yes"), std::nullopt);
}

TEST(Verdicts, ALeadingOneIsNoSentence) {
  size_t after = 0;
  EXPECT_EQ(LeadingVerdict("**Yes**, as 7 is odd", after), true);
  EXPECT_EQ(after, 8U);
  EXPECT_EQ(LeadingVerdict("No number is larger", after), std::nullopt);
}

TEST(LastBoldNumber, IsTheLastOneWithADigit) {
  EXPECT_EQ(LastBoldNumber("**3** or **4 dollars** in **all**"), "4 dollars");
  EXPECT_EQ(LastBoldNumber("**none**"), "");
}

}  // namespace
}  // namespace reasonwatch::marks
