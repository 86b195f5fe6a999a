#include "baseline/matching/problem_index.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "baseline/matching/problem_text.h"

namespace reasonwatch {
namespace {

const char* const kBakery =
    "Olga bakes 14 trays of rolls with 12 rolls on each tray. She gives 30 "
    "rolls to Pavel and sells the rest for 2 euros each. How many euros does "
    "she earn?";
const char* const kTrain =
    "A train leaves the harbour at 9:15 and needs 140 minutes to reach the "
    "mountain village. At what time does it arrive?";
const char* const kRoots =
    "Let $f(x) = x^2 - 5x + 6$. Find the sum of the squares of the roots of "
    "$f(x)$.";

class FindByText : public testing::Test {
 protected:
  FindByText() {
    index_.Add(1, {"276", AnswerKind::kNumber}, kBakery);
    index_.Add(2, {"11:35", AnswerKind::kText}, kTrain);
    index_.Add(3, {"13", AnswerKind::kNumber}, kRoots);
    index_.Add(4, {"7", AnswerKind::kNumber}, "3+4");
    index_.Add(5, {"8", AnswerKind::kNumber});
    index_.Build();
  }
  void ExpectExact(const std::string& prompt, uint64_t problem) {
    const Match match = index_.FindByText(prompt);
    EXPECT_EQ(match.kind, MatchKind::kExact) << prompt;
    EXPECT_EQ(match.problem, problem) << prompt;
    EXPECT_EQ(match.distance, 0) << prompt;
  }
  void ExpectNear(const std::string& prompt, uint64_t problem) {
    const Match match = index_.FindByText(prompt);
    EXPECT_EQ(match.kind, MatchKind::kNear) << prompt;
    EXPECT_EQ(match.problem, problem) << prompt;
    EXPECT_GT(match.distance, 0) << prompt;
    EXPECT_LE(match.distance, .5) << prompt;
  }
  void ExpectNotExact(const std::string& prompt) {
    EXPECT_NE(index_.FindByText(prompt).kind, MatchKind::kExact) << prompt;
  }
  ProblemIndex index_;
};

TEST_F(FindByText, ExactInEveryWrapping) {
  const std::string bakery = kBakery;
  ExpectExact(bakery, 1);
  ExpectExact("  " + bakery + "\n\n", 1);
  ExpectExact(absl::StrCat("Question: ", bakery, "\nAnswer:"), 1);
  ExpectExact(absl::StrCat("Q: ", bakery, "\nA: Let's think step by step."), 1);
  ExpectExact(absl::StrCat(bakery,
                           " Think step by step and put the final answer in "
                           "\\boxed{}."),
              1);
  ExpectExact(absl::StrCat("You are a patient tutor. Solve the following "
                           "problem.\n\n",
                           bakery),
              1);
  ExpectExact(absl::StrCat("<|im_start|>system\nBe brief.<|im_end|>\n"
                           "<|im_start|>user\n",
                           bakery, "<|im_end|>\n<|im_start|>assistant\n"),
              1);
  ExpectExact(absl::StrCat("<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\n", bakery,
                           " [/INST]"),
              1);
  ExpectExact(absl::StrCat("Human: ", bakery, "\n\nAssistant:"), 1);
  ExpectExact(absl::StrCat("Question: Ann has 3 nuts and eats 2. How many are "
                           "left?\nAnswer: 1\n\nQuestion: ",
                           bakery, "\nAnswer:"),
              1);
  ExpectExact(
      absl::StrCat("请一步一步推理，最终答案放在\\boxed{}里。\n", bakery), 1);
  ExpectExact(absl::StrCat("Hi there, this is from my homework:\n", bakery,
                           "\nThanks!"),
              1);
}

TEST_F(FindByText, ExactInEveryUnicodeForm) {
  ExpectExact(
      "Let $f(x) = x^2 – 5x + 6$. Find the sum of the squares of the "
      "roots of\u00a0$f(x)$.",
      3);
  ExpectExact(
      "Ａ train leaves the harbour at ９:15 and needs 140 minutes to "
      "reach the mountain village. At what time does it arrive?",
      2);
}

TEST_F(FindByText, NearWithOtherNumbersOrNames) {
  ExpectNear(
      "Olga bakes 9 trays of rolls with 16 rolls on each tray. She gives 25 "
      "rolls to Pavel and sells the rest for 3 euros each. How many euros does "
      "she earn?",
      1);
  ExpectNear(
      "Ines bakes 14 trays of rolls with 12 rolls on each tray. She gives 30 "
      "rolls to Marek and sells the rest for 2 euros each. How many euros does "
      "she earn?",
      1);
  ExpectNear(
      "Question: A train leaves the harbour at 7:40 and needs 95 minutes to "
      "reach the mountain village. At what time does it arrive?\nAnswer:",
      2);
}

// Grading these against the stored answer would call a right answer wrong.
TEST_F(FindByText, NeverExactWhereTheProblemIsAnother) {
  ExpectNotExact(
      "Olga bakes 14 trays of rolls with 12 rolls on each tray. She sells the "
      "rest for 2 euros each. How many euros does she earn?");
  ExpectNotExact(
      "Olga bakes 14 trays of rolls with 12 rolls on each tray. She gives 30 "
      "rolls to Pavel and sells the rest for 2 euros each. How many rolls does "
      "she sell?");
  const std::string bakery = kBakery;
  ExpectNotExact(absl::StrCat("Assume that 5 rolls are burnt. ", bakery));
  ExpectNotExact(absl::StrCat(bakery, " How much is that in dollars?"));
  ExpectNotExact(absl::StrCat(bakery, " But on Sundays she earns double."));
  ExpectNotExact(absl::StrCat("Round to the nearest ten.\n", bakery));
}

TEST_F(FindByText, NothingForOtherPrompts) {
  for (const char* prompt :
       {"", "?", "What is the capital of Peru?",
        "Summarise the text above in one sentence.",
        "A bus needs 40 minutes to the lake. How far is the lake?",
        "Olga bakes rolls."}) {
    EXPECT_EQ(index_.FindByText(prompt).kind, MatchKind::kNone) << prompt;
  }
  ExpectExact("3 + 4", 4);
}

TEST_F(FindByText, KeepsProblemsWithoutText) {
  ASSERT_NE(index_.Find(5), nullptr);
  EXPECT_EQ(index_.Find(5)->gold, "8");
  EXPECT_EQ(index_.Find(6), nullptr);
  EXPECT_EQ(index_.Find(0), nullptr);
}

TEST(ProblemIndexTest, FindsEveryOneOfManyAlikeProblems) {
  ProblemIndex index;
  const auto prompt = [](int i) {
    return absl::StrCat("Which of these sentences about item ", i,
                        " is meant in earnest, and which one is not meant so?");
  };
  for (int i = 1; i <= 2000; ++i)
    ASSERT_TRUE(index.Add(static_cast<uint64_t>(i), {}, prompt(i)));
  index.Build();
  for (int i = 1; i <= 2000; i += 37) {
    const Match match =
        index.FindByText(absl::StrCat("Please help me.\n", prompt(i)));
    EXPECT_EQ(match.kind, MatchKind::kExact);
    EXPECT_EQ(match.problem, static_cast<uint64_t>(i));
  }
}

TEST(ProblemIndexTest, TakesAnyBytesInLinearTime) {
  ProblemIndex index;
  index.Add(1, {}, kBakery);
  index.Build();
  std::mt19937 random(7);
  for (size_t size : {1u, 17u, 300u, 5000u, 60000u}) {
    std::string bytes(size, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    index.FindByText(bytes);
  }
  for (const char* piece :
       {"a ", "Question: x\nAnswer: y\n", "Please think step by step. ", "{{",
        "<|im_start|>user\n", "你", "\xff", "1 "}) {
    std::string text;
    while (text.size() < kMaxProblemBytes - 32) text += piece;
    const auto begin = std::chrono::steady_clock::now();
    index.FindByText(text);
    // Generous: quadratic time would be minutes.
    EXPECT_LT(std::chrono::steady_clock::now() - begin,
              std::chrono::seconds(20))
        << piece;
  }
}

TEST(IsInstruction, SpeaksOfTheAnswerOnly) {
  for (const char* yes :
       {"Please reason step by step, and put your final answer within "
        "\\boxed{}.",
        "Solve the following math problem.", "You are a careful mathematician.",
        "Let's think step by step.", "Answer with the letter of the option.",
        "Give only the final answer.", "Show your work."})
    EXPECT_TRUE(IsInstruction(yes)) << yes;
  for (const char* no :
       {"She gives 30 rolls to Pavel.", "How many euros does she earn?",
        "Express your answer in simplest radical form.",
        "Assume that the coin is fair.", "The answer was wrong yesterday.",
        "Round to the nearest ten."})
    EXPECT_FALSE(IsInstruction(no)) << no;
}

}  // namespace
}  // namespace reasonwatch
