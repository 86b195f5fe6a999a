// SPDX-License-Identifier: Apache-2.0
#include "answers/plain_text.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "answers/announcements.h"
#include "answers/final_answer.h"
#include "answers/languages.h"

namespace reasonwatch {
namespace {

std::string Plain(std::string_view s) { return ReadPlainText(s).text; }

TEST(ReadPlainText, FoldsCharactersOfAnyScript) {
  EXPECT_EQ(Plain("１２"), "12");
  EXPECT_EQ(Plain("٢٥"), "25");
  EXPECT_EQ(Plain("४१"), "41");
  EXPECT_EQ(Plain("𝟒𝟐"), "42");
  EXPECT_EQ(Plain("2½"), "2 1/2");
  EXPECT_EQ(Plain("“x”"), "\"x\"");
  EXPECT_EQ(Plain("a\u200bb"), "ab");
  EXPECT_EQ(Plain("–5"), "–5");
}

TEST(ReadPlainText, TakesMarkupOff) {
  EXPECT_EQ(Plain("**Answer**: **Dale**"), "Answer: Dale");
  EXPECT_EQ(Plain("***A***"), "A");
  EXPECT_EQ(Plain("2**3 and 2*3*4"), "2**3 and 2*3*4");
  EXPECT_EQ(Plain("`7` [site](http://x.y)"), "7 site");
  EXPECT_EQ(Plain("<b>7</b>&nbsp;m<sup>2</sup>"), "7 m^{2}");
  EXPECT_EQ(Plain("~~41~~ 42"), " 42");
  EXPECT_EQ(Plain("<del>41</del>42"), "42");
  EXPECT_EQ(Plain("a<b and <answer>7</answer>"), "a<b and <answer>7</answer>");
}

TEST(ReadPlainText, KnowsTheEmphasisedParts) {
  const PlainText plain = ReadPlainText("So **70 dollars** are **left**");
  ASSERT_EQ(plain.emphasised.size(), 2U);
  EXPECT_EQ(
      plain.text.substr(plain.emphasised[0].begin,
                        plain.emphasised[0].end - plain.emphasised[0].begin),
      "70 dollars");
  EXPECT_EQ(
      plain.text.substr(plain.emphasised[1].begin,
                        plain.emphasised[1].end - plain.emphasised[1].begin),
      "left");
}

TEST(WithoutTail, DropsNotesAndOffers) {
  EXPECT_EQ(WithoutTail("It is 42.\n\nNote: 7 days."), "It is 42.");
  EXPECT_EQ(WithoutTail("It is 42.\n\nSources:\n- a 1\n- b 2"), "It is 42.");
  EXPECT_EQ(WithoutTail("It is 42. Let me know if you need 3 more."),
            "It is 42.");
  EXPECT_EQ(WithoutTail("It is 42.\n\n---\n\nShall I go on?"), "It is 42.");
  EXPECT_EQ(WithoutTail("Note: it is 42."), "Note: it is 42.");
  EXPECT_EQ(WithoutTail("One.\n\nTwo."), "One.\n\nTwo.");
}

TEST(Announcements, FindsTheStatement) {
  const auto last = [](std::string_view text) {
    const auto found = Announcements(text);
    return found.empty() ? "" : std::string(found.back().statement);
  };
  EXPECT_EQ(last("The answer to the second question is 15."), "15");
  EXPECT_EQ(last("## Final Answer\n\n17 pens\n"), "17 pens");
  EXPECT_EQ(last("Ответ: 12. Всего 3."), "12");
  EXPECT_EQ(last("| Answer | 8 |"), "8");
  EXPECT_EQ(last("The answer is not 5."), "");
  EXPECT_EQ(last("I answered all of them"), "");
}

TEST(Languages, AreAtLeastTwenty) { EXPECT_GE(languages::Count(), 20U); }

TEST(IsRefusal, KnowsABeginningThatDeclines) {
  EXPECT_TRUE(IsRefusal("I’m sorry, but I can’t help with that."));
  EXPECT_TRUE(IsRefusal("Es tut mir leid, aber das geht nicht."));
  EXPECT_TRUE(IsRefusal("抱歉，我无法回答这个问题。"));
  EXPECT_FALSE(IsRefusal("The answer is 5. I can't help but notice it."));
  EXPECT_FALSE(IsRefusal(""));
}

TEST(ReadPlainText, StaysFastOnHostileInput) {
  const auto begin = std::chrono::steady_clock::now();
  for (std::string unit :
       {"*",       "**a",        "_",        "~~",   "<s>",
        "<b>",     "[",          "[^",       "`",    "&",
        "answer ", "answer is ", "**a** ",   "答案", "Note: \n\n",
        "\n\n",    "x?\n\n",     "\xf0\x9f", "【",   "</"}) {
    std::string text;
    while (text.size() < 65536) text += unit;
    const std::string plain = Plain(text);
    WithoutTail(plain);
    Announcements(plain);
    ReadAnswerText(text);
    IsRefusal(text);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(60));
}

}  // namespace
}  // namespace reasonwatch
