// SPDX-License-Identifier: Apache-2.0
// A small baseline and prompts that must be found in it exactly, nearly, or not
// at all; for each wrapping that is recognised, one that looks like it and
// changes the answer. Then bounds of time, and problems known by id.
#include "baseline/matching/problem_index.h"

#include <gtest/gtest.h>

#include <chrono>
#include <random>
#include <string>
#include <utility>
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

TEST_F(FindByText, ExactInTheTemplatesOfManyModels) {
  const std::string bakery = kBakery;
  for (const auto& [before, after] :
       std::vector<std::pair<std::string, std::string>>{
           // Llama 2, 3 and 4
           {"<s>[INST] <<SYS>>\nYou are a helpful assistant.\n<</SYS>>\n\n",
            " [/INST]"},
           {"<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\n"
            "Cutting Knowledge Date: December 2023<|eot_id|>"
            "<|start_header_id|>user<|end_header_id|>\n\n",
            "<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n"},
           {"<|begin_of_text|><|header_start|>user<|header_end|>\n\n",
            "<|eot|><|header_start|>assistant<|header_end|>"},
           // Mistral, Gemma, Qwen, Phi-3, Phi-4
           {"<s>[SYSTEM_PROMPT]Be kind.[/SYSTEM_PROMPT][INST]", "[/INST]"},
           {"<bos><start_of_turn>user\n",
            "<end_of_turn>\n<start_of_turn>model\n"},
           {"<|im_start|>system\nYou are Qwen.<|im_end|>\n<|im_start|>user\n",
            "<|im_end|>\n<|im_start|>assistant\n<think>\n"},
           {"<|system|>\nBe kind.<|end|>\n<|user|>\n",
            "<|end|>\n<|assistant|>\n"},
           {"<|im_start|>user<|im_sep|>",
            "<|im_end|><|im_start|>assistant<|im_sep|>"},
           // DeepSeek, harmony, Granite, Command R, Vicuna, Alpaca
           {"<｜begin▁of▁sentence｜>Be kind.<｜User｜>", "<｜Assistant｜>"},
           {"<｜begin▁of▁sentence｜><｜User｜>", "<｜Assistant｜><think>\n"},
           {"<|start|>system<|message|>Reasoning: high<|end|><|start|>user"
            "<|message|>",
            "<|end|><|start|>assistant"},
           {"<|start_of_role|>user<|end_of_role|>",
            "<|end_of_text|>\n<|start_of_role|>assistant<|end_of_role|>"},
           {"<BOS_TOKEN><|START_OF_TURN_TOKEN|><|USER_TOKEN|>",
            "<|END_OF_TURN_TOKEN|><|START_OF_TURN_TOKEN|><|CHATBOT_TOKEN|>"},
           {"A chat between a user and an assistant. USER: ", " ASSISTANT:"},
           {"### Instruction:\n", "\n\n### Response:\n"}})
    ExpectExact(absl::StrCat(before, bakery, after), 1);
}

TEST_F(FindByText, ExactBesideInstructionsAndCourtesies) {
  const std::string bakery = kBakery;
  for (const char* before :
       {"You are a helpful assistant.\n", "You are an expert mathematician. ",
        "Solve the following problem. Think carefully.\n\n",
        "Solve this math problem step by step:\n",
        "Let's think step by step.\n", "Here is a question:\n",
        "Be concise and precise.\n", "Please help me with my homework.\n",
        "Hello!\n", "请逐步推理。\n"})
    ExpectExact(absl::StrCat(before, bakery), 1);
  for (const char* after :
       {" Let's think step by step.",
        "\nThe last line of your response should be of the form Answer: "
        "$ANSWER (without quotes) where $ANSWER is the answer to the problem.",
        "\nPut your final answer within $\\boxed{}$.",
        "\nGive your final answer inside <answer> tags.",
        "\nRespond only with a JSON object.", "\nShow your work.",
        "\nDo not explain.", " Thank you!", "\n\nThanks in advance!"})
    ExpectExact(absl::StrCat(bakery, after), 1);
}

// Sentences that sound like wrapping and change the right answer.
TEST_F(FindByText, NeverExactWhereTheWrappingChangesTheAnswer) {
  const std::string bakery = kBakery;
  for (const char* before :
       {"Pavel returns all of his rolls.\n", "She drops the last tray.\n",
        "You are a baker and you keep half of what you earn. ",
        "Answer the question for her sister.\n",
        "Solve the following problem for two such days.\n",
        "Think carefully: the trays are half empty.\n",
        "Hi, please suppose that rolls are free.\n",
        "Let's work with the double price. ", "假设价格是两倍。\n",
        "En este problema el precio es el doble. ",
        "Compute the area of the square with unit side.\n",
        "I have a question: what is the capital of Peru\n"})
    ExpectNotExact(absl::StrCat(before, bakery));
  for (const char* after :
       {" Give your answer in cents.", " Give the final answer in dozens.",
        " Round your final answer to the nearest hundred.",
        " If the final answer is written as m/n, give the answer m+n.",
        " Give the final answer as the sum of its digits.",
        " State your answer multiplied by two.",
        " Explain step by step how many rolls Pavel gets.",
        " Do not include the rolls of the last tray.",
        " Find the number of rolls as well.",
        " Then multiply the result by the number of trays.",
        "\nExpress that in dollars.", " Pavel pays nothing.",
        "\n(A) red (B) blue (C) green", "\nA. little\nB. much",
        "\nAnswer the opposite question step by step.",
        " 请把答案四舍五入到十位。", " Gib die Antwort in Cent an."})
    ExpectNotExact(absl::StrCat(bakery, after));
}

TEST_F(FindByText, NeverExactInsideOfWhatAsksForSomethingElse) {
  const std::string bakery = kBakery;
  // The problem is a worked example; the question is another.
  ExpectNotExact(absl::StrCat(
      "Question: ", bakery,
      "\nAnswer: 276\n\nQuestion: Ann has 3 nuts and eats 2. How many are "
      "left?\nAnswer:"));
  // The question differs from the stored one in a number.
  ExpectNotExact(
      "Question: Ann has 3 nuts and eats 2. How many are left?\nAnswer: 1\n\n"
      "Question: Olga bakes 15 trays of rolls with 12 rolls on each tray. She "
      "gives 30 rolls to Pavel and sells the rest for 2 euros each. How many "
      "euros does she earn?\nAnswer:");
  ExpectNotExact(absl::StrCat("1. ", bakery, "\n2. ", kTrain));
  ExpectNotExact(absl::StrCat(bakery, "\n\n", kRoots));
  ExpectNotExact(absl::StrCat(
      "<|im_start|>user\n", bakery,
      "<|im_end|>\n<|im_start|>assistant\n276<|im_end|>\n<|im_start|>user\nAnd "
      "how many rolls are sold?<|im_end|>\n<|im_start|>assistant\n"));
  ExpectNotExact(absl::StrCat("Translate into German: ", bakery));
  ExpectNotExact(
      absl::StrCat("Write a shorter version of this text.\n", bakery));
}

TEST(ProblemIndex, TellsNumbersApartThatLookAlike) {
  ProblemIndex index;
  index.Add(1, {"107", AnswerKind::kNumber},
            "A net costs 5 euros and a rod costs 102 euros more. What does "
            "the rod cost?");
  index.Build();
  for (const char* other :
       {"A net costs .5 euros and a rod costs 102 euros more. What does the "
        "rod cost?",
        "A net costs 5 euros and a rod costs 10² euros more. What does the "
        "rod cost?",
        "A net costs 5 euros and a rod costs 10.2 euros more. What does the "
        "rod cost?",
        "A net costs 5 euros and a rod costs -102 euros more. What does the "
        "rod cost?"})
    EXPECT_NE(index.FindByText(other).kind, MatchKind::kExact) << other;
  ProblemIndex fractions;
  fractions.Add(1, {"101.5", AnswerKind::kNumber}, "Compute 1½ + 10²");
  fractions.Build();
  EXPECT_EQ(fractions.FindByText("Compute 1 1/2 + 10^2").kind,
            MatchKind::kExact);
  EXPECT_NE(fractions.FindByText("Compute 11/2 + 102").kind, MatchKind::kExact);
}

// A sentence that sounds like an instruction may be the only difference of two
// problems.
TEST(ProblemIndex, IsNotExactWhereWhatWasTakenOffTellsProblemsApart) {
  const std::string body =
      "Ann walks to the lake in 2 hours and back in 3 hours.";
  ProblemIndex index;
  index.Add(1, {"5", AnswerKind::kNumber},
            absl::StrCat("You are a helpful assistant. ", body));
  index.Add(2, {"6", AnswerKind::kNumber},
            absl::StrCat("You are a careless student. ", body));
  index.Add(3, {"7", AnswerKind::kNumber},
            "You are a student who sells pens. How many?");
  index.Add(4, {"8", AnswerKind::kNumber},
            "You are a teacher who buys pens. How many?");
  index.Build();
  EXPECT_NE(index.FindByText(body).kind, MatchKind::kExact);
  EXPECT_NE(index.FindByText("How many?").kind, MatchKind::kExact);
  EXPECT_EQ(
      index.FindByText("You are a teacher who buys pens. How many? ").problem,
      4u);
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

TEST(ProblemIndex, KnowsProblemsByTheirIds) {
  ProblemIndex index;
  index.Add(1, {"42", AnswerKind::kNumber, "p7", "rates"}, kBakery);
  index.Add(2, {"43", AnswerKind::kNumber, "p7#2"});
  index.Add(3, {"44", AnswerKind::kNumber, "twice"});
  index.Add(4, {"45", AnswerKind::kNumber, "twice"});
  index.Add(5, {"46", AnswerKind::kNumber});
  index.Build();
  EXPECT_EQ(index.DigestOfId("p7"), 1u);
  EXPECT_EQ(index.DigestOfId("p7#0"), 1u);
  EXPECT_EQ(index.DigestOfId("p7#19"), 1u);
  EXPECT_EQ(index.DigestOfId("p7#2"), 2u);  // whole ids first
  EXPECT_EQ(index.DigestOfId("twice"), 0u);
  for (const char* other : {"", "p", "p7#", "p7#x", "p7#1x", "p71", "#1", "P7"})
    EXPECT_EQ(index.DigestOfId(other), 0u) << other;
  EXPECT_EQ(index.Find(1)->family, "rates");
}

}  // namespace
}  // namespace reasonwatch
