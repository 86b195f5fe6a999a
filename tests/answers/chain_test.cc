// SPDX-License-Identifier: Apache-2.0
// Each case is a chain and a stated answer with the readings that they must
// have, and beside it one that must stay quiet. Numbers first, then chains by
// the kind of their answer, then hostile texts and recorded answers.
#include "answers/chain.h"

#include <gtest/gtest.h>
#include <simdjson.h>

#include <chrono>
#include <cmath>
#include <filesystem>
#include <iostream>
#include <string>

#include "answers/quantities.h"
#include "tests/source_dir.h"

namespace reasonwatch {
namespace {

AnswerChain Read(std::string_view reasoning, std::string_view answer,
                 std::string_view final_answer,
                 std::string_view question = "") {
  return ReadAnswerChain({question, reasoning, answer, final_answer});
}

TEST(Quantities, ReadsNumbersAsTheyAreWritten) {
  struct Case {
    const char* text;
    double value;
  };
  const Case cases[] = {
      {"1,234.50", 1234.5},  {"$12", 12},  {"1{,}250 km", 1250}, {".25", .25},
      {"\\frac{3}{4}", .75}, {"3/4", .75}, {"2 1/2 cups", 2.5},  {"40\\%", 40}};
  for (const Case& c : cases) {
    Quantity q;
    ASSERT_TRUE(SingleQuantity(c.text, q)) << c.text;
    EXPECT_DOUBLE_EQ(q.value, c.value) << c.text;
  }
  Quantity q;
  EXPECT_FALSE(SingleQuantity("none", q));
  EXPECT_FALSE(SingleQuantity("3 and 5", q));
}

TEST(Quantities, RoundedAndPercentagesAreTheSame) {
  const auto same = [](const char* a, const char* b) {
    Quantity x;
    Quantity y;
    EXPECT_TRUE(SingleQuantity(a, x) && SingleQuantity(b, y));
    return SameQuantity(x, y) && SameQuantity(y, x);
  };
  EXPECT_TRUE(same("12", "12.00"));
  EXPECT_TRUE(same("0.67", "2/3"));
  EXPECT_TRUE(same("25%", "0.25"));
  EXPECT_TRUE(same("3.14", "3.14159"));
  EXPECT_FALSE(same("12", "13"));
  EXPECT_FALSE(same("0.25", "0.52"));
  EXPECT_FALSE(same("120", "12"));
}

TEST(AnswerChain, NumbersAgreeOrNot) {
  const std::string chain =
      "The shop sells 14 lamps in May and 28 in June.\nIn both months that is "
      "14 + 28 = 42 lamps.\n";
  EXPECT_EQ(Read(chain, "42", "42").contradicts_chain, 0);
  EXPECT_EQ(Read(chain, "42", "42").support, AnswerSupport::kConclusion);
  const AnswerChain wrong = Read(chain, "It is 57.", "57");
  EXPECT_EQ(wrong.not_in_chain, 1);
  EXPECT_EQ(wrong.contradicts_chain, 1);
  // With its unit, as a fraction, boxed.
  EXPECT_EQ(Read(chain, "\\boxed{42\\text{ lamps}}", "42\\text{ lamps}")
                .contradicts_chain,
            0);
  EXPECT_EQ(Read("One half and one fourth, so in total 2/4 + 1/4 = 3/4.",
                 "0.75", "0.75")
                .contradicts_chain,
            0);
}

TEST(AnswerChain, WhatTheChainCallsItsAnswerDecides) {
  const AnswerChain read = Read(
      "We get 18 for the first half and 20 for the second.\nSo the final "
      "answer is 38.",
      "18", "18");
  EXPECT_EQ(read.contradicts_chain, 1);
  EXPECT_EQ(read.not_in_chain, 0);
  EXPECT_EQ(read.support, AnswerSupport::kEarlier);
}

TEST(AnswerChain, AbstainsWhereTheLastStepIsLeftToTheReader) {
  const AnswerChain read =
      Read("The two rooms hold 40 and 75 chairs. We add them together.", "115",
           "115");
  EXPECT_TRUE(std::isnan(read.not_in_chain));
  EXPECT_TRUE(std::isnan(read.contradicts_chain));
  EXPECT_TRUE(std::isnan(
      Read("The cost is 40 + 75 crowns.", "115", "115").contradicts_chain));
  // Counted, not computed.
  EXPECT_TRUE(std::isnan(
      Read("The vowels are a, e, a, i, of 9 letters.", "4", "4").not_in_chain));
}

TEST(AnswerChain, TheTextBeforeTheAnswerIsTheChainWhereThereIsNoOther) {
  const std::string chain =
      "First we take 12 boxes of 6 pens.\nThat makes 12 * 6 = 72 pens.\n";
  EXPECT_EQ(Read("", chain + "<answer>72</answer>", "72").contradicts_chain, 0);
  EXPECT_EQ(Read("", chain + "<answer>61</answer>", "61").contradicts_chain, 1);
  // The answer's own sentence may be the last step.
  EXPECT_EQ(
      Read("", "There are 12 boxes of 6 pens, so 12 * 6 = \\boxed{72}", "72")
          .contradicts_chain,
      0);
  // No chain at all.
  EXPECT_TRUE(std::isnan(Read("", "72", "72").not_in_chain));
}

TEST(AnswerChain, AVerdictBeforeItsReasons) {
  const char* question = "Is 97 a prime number? Answer Yes or No.";
  const auto read = [&](const char* answer) {
    return Read("", answer, "", question);
  };
  const AnswerChain wrong = read(
      "[No]\nWe divide by 2, 3, 5 and 7 and find nothing. Therefore, 97 "
      "is a prime number.");
  EXPECT_TRUE(wrong.leads);
  EXPECT_EQ(wrong.contradicts_chain, 1);
  EXPECT_EQ(read("Yes.\nNothing divides it. Therefore, it is a prime number.")
                .contradicts_chain,
            0);
  EXPECT_EQ(read("[Yes]\nIt has a divisor, hence 97 is not a prime number.")
                .contradicts_chain,
            1);
  EXPECT_EQ(read("No.\nIt is odd, but it isn't prime, since 3 divides it.")
                .contradicts_chain,
            0);
  // Conditions, tasks and definitions claim nothing.
  for (const char* text :
       {"[No]\nIf nothing divides 97, then it is a prime number.",
        "[No]\nWe check whether 97 is a prime number.",
        "[No]\nA prime number is a number above 1 without other divisors.",
        "[No]\nThe sum of its digits is a prime number, as everybody knows."})
    EXPECT_TRUE(std::isnan(read(text).contradicts_chain)) << text;
}

TEST(AnswerChain, AVerdictBehindItsReasons) {
  const char* question = "Is the number 51 odd?";
  const AnswerChain read =
      Read("", "51 ends in 1. Therefore, 51 is odd.\n\n[No]", "", question);
  EXPECT_FALSE(read.leads);
  EXPECT_EQ(read.contradicts_chain, 1);
  EXPECT_EQ(read.contradictory_answers, 0);
  EXPECT_EQ(
      Read("", "[No]\nIt ends in 1. So the answer is [Yes].", "[Yes]", question)
          .contradictory_answers,
      1);
  // The offered pair is no answer.
  EXPECT_EQ(Read("", "[Yes]\nI was asked for [Yes] or [No], and 51 is odd.", "",
                 question)
                .contradictory_answers,
            0);
}

TEST(AnswerChain, ChoicesAndTexts) {
  const char* chain =
      "Rain needs clouds, and the sky is clear.\nSo the answer is (C).";
  EXPECT_EQ(Read(chain, "C", "C").contradicts_chain, 0);
  EXPECT_EQ(Read(chain, "(B)", "(B)").contradicts_chain, 1);
  EXPECT_TRUE(std::isnan(
      Read("Rain needs clouds, and the sky is clear today.", "B", "B")
          .contradicts_chain));
  const char* words = "Anna sits left of Boris. The answer is Boris.";
  EXPECT_EQ(Read(words, "Boris", "Boris").contradicts_chain, 0);
  EXPECT_EQ(Read(words, "Clara", "Clara").contradicts_chain, 1);
  // A word that was made of the chain's letters.
  EXPECT_TRUE(std::isnan(
      Read("The letters of pool backwards are l, o, o and p.", "loop", "loop")
          .contradicts_chain));
}

TEST(AnswerChain, TwoFinalAnswersThatDiffer) {
  const std::string filler(120, '.');
  EXPECT_EQ(Read("",
                 "We find \\boxed{12}. Let us look again." + filler +
                     " So it is \\boxed{15}.",
                 "15")
                .contradictory_answers,
            1);
  EXPECT_EQ(Read("",
                 "We find \\boxed{12}. Let us look again." + filler +
                     " So it is \\boxed{12.0}.",
                 "12.0")
                .contradictory_answers,
            0);
  // Parts of one answer.
  EXPECT_EQ(
      Read("", "The roots are \\boxed{12} and \\boxed{15}, as shown.", "15")
          .contradictory_answers,
      0);
  EXPECT_EQ(Read("A long chain of thoughts that ends in 15 apples.",
                 "The answer is 12 apples, therefore:\n\\boxed{15}", "15")
                .contradictory_answers,
            1);
}

TEST(AnswerChain, NothingIsSaidOfNothing) {
  for (const AnswerChain& read :
       {Read("", "", ""), Read("Some thoughts that lead to 12.", "", ""),
        Read("", "Good morning! How can I help you today?", "")}) {
    EXPECT_TRUE(std::isnan(read.not_in_chain));
    EXPECT_TRUE(std::isnan(read.contradicts_chain));
    EXPECT_TRUE(std::isnan(read.contradictory_answers));
    EXPECT_EQ(read.support, AnswerSupport::kUnknown);
  }
}

TEST(Quantities, MoreDigitsThanADoubleHoldsAreEqualToNothing) {
  const std::string digits(400, '7');
  Quantity q;
  ASSERT_TRUE(NextQuantity("42", 0, q));
  EXPECT_FALSE(HoldsQuantity(digits, q));
  EXPECT_FALSE(HoldsQuantity("1/" + digits + " " + digits + "/3", q));
  EXPECT_TRUE(HoldsQuantity(digits + " = 42", q));
}

TEST(AnswerChain, TextsAreFoundWhateverTheirCaseAndSpaces) {
  const std::string end(400, '.');
  const auto support = [&](std::string_view chain) {
    return Read(std::string(chain) + end, "Anna and Boris", "Anna and Boris")
        .support;
  };
  EXPECT_EQ(support("We see that ANNA\n  and boris win."),
            AnswerSupport::kEarlier);
  EXPECT_EQ(support("We see Anna and Anna  and Boris win."),
            AnswerSupport::kEarlier);
  EXPECT_EQ(support("We see Anna and Clara win, not Boris."),
            AnswerSupport::kUnknown);
}

// Texts that a search by trial would take quadratic time for.
TEST(AnswerChain, TimeIsLinearWhateverIsRead) {
  const std::string letters(1 << 20, 'a');
  std::string questions;
  for (int i = 0; i < 1 << 19; ++i) questions += "? ";
  std::string claims = "No.\n";
  for (int i = 0; i < 1 << 16; ++i) claims += "91 is prime 91 is ";
  const auto start = std::chrono::steady_clock::now();
  Read(letters, "x", std::string(90, 'a') + "b");
  Read("", letters + "b \\boxed{aab}", std::string(90, 'a') + "b");
  Read("", claims, "", questions);
  Read("", claims, "", "Is 91 a prime?");
  // Some ten milliseconds; quadratic time would be seconds.
  EXPECT_LT(std::chrono::steady_clock::now() - start,
            std::chrono::milliseconds(1000));
}

// Real answers whose verdict agrees with their own chain, or contradicts it.
TEST(AnswerChain, FindsContradictionsInRecordedAnswers) {
  const std::string path = std::string(REASONWATCH_SOURCE_DIR) +
                           "/../shared/data/dev/chain_answer_labels.jsonl";
  if (!std::filesystem::exists(path))
    GTEST_SKIP() << "no recorded answers at " << path;
  simdjson::dom::parser parser;
  simdjson::dom::document_stream rows;
  const simdjson::padded_string text =
      simdjson::padded_string::load(path).value();
  ASSERT_EQ(parser.parse_many(text).get(rows), simdjson::SUCCESS);
  int found = 0, missed = 0, wrong = 0, right = 0, abstained = 0;
  for (auto row : rows) {
    const std::string_view question = row["prompt"];
    const std::string_view response = row["response"];
    const std::string_view label = row["label"];
    const float reading = Read("", response, "", question).contradicts_chain;
    if (std::isnan(reading)) {
      ++abstained;
    } else if (label == "contradictory") {
      ++(reading > 0 ? found : missed);
    } else {
      ++(reading > 0 ? wrong : right);
    }
  }
  std::cout << "contradictions found " << found << ", missed " << missed
            << "; of consistent answers called contradictory " << wrong
            << ", not " << right << "; abstained " << abstained << "\n";
  ASSERT_GT(found, 0);
  EXPECT_GE(found, .95 * (found + wrong));
  EXPECT_GE(found, .80 * (found + missed));
  EXPECT_LE(abstained, .10 * (found + missed + wrong + right + abstained));
}

}  // namespace
}  // namespace reasonwatch
