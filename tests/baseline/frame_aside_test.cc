// SPDX-License-Identifier: Apache-2.0
// Sentences that ask for nothing, drawn from a grammar with words that nobody
// has listed, and requests in the same shape.
#include "baseline/matching/frame_aside.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "baseline/matching/problem_index.h"
#include "tests/baseline/draw.h"

namespace reasonwatch {
namespace {

constexpr int kDraws = 400;
constexpr char kProblem[] =
    "A dairy fills 36 crates with 24 bottles each. How many bottles are that?";

std::string Aside(Draw& draw) {
  switch (draw.Below(9)) {
    case 0:
      return absl::StrCat("I ", draw.From({"am", "was", "have", "saw", "got"}),
                          " ", draw.Words(3), ".");
    case 1:
      return absl::StrCat(draw.From({"My", "Our"}), " ", draw.Word(), " ",
                          draw.From({"has", "gave me", "found", "asked"}),
                          " this ", draw.Word(), ".");
    case 2:
      return absl::StrCat("Your ",
                          draw.From({"answer", "response", "solution"}),
                          " will be ", draw.Word(), "ed ", draw.Word(), "ly.");
    case 3:
      return absl::StrCat(draw.From({"Think", "Speak", "Answer", "Act"}), " ",
                          draw.From({"like", "as"}), " a ", draw.Word(), ".");
    case 4:
      return absl::StrCat(draw.From({"Be", "Stay"}), " ", draw.Word(), " and ",
                          draw.Word(), ".");
    case 5:
      return absl::StrCat(draw.From({"Do not use", "Don't use", "Avoid"}), " ",
                          draw.Word(), ".");
    case 6:
      return absl::StrCat("You have ", 2 + draw.Below(50), " ",
                          draw.From({"minutes", "seconds"}), ".");
    case 7:
      return absl::StrCat(draw.From({"Use", "Write"}), " at most ",
                          20 + draw.Below(400), " ",
                          draw.From({"words", "tokens", "sentences"}), ".");
    default:
      return absl::StrCat("If you ", draw.From({"get", "feel", "are"}), " ",
                          draw.Word(), ", ", draw.Word(), " so.");
  }
}

// The same beginnings, and something is asked of the problem, or added to it.
std::string Request(Draw& draw) {
  switch (draw.Below(10)) {
    case 0:
      return absl::StrCat(
          draw.From({"I want", "I need", "I would like", "We require"}),
          " this ", draw.Word(), "ed.");
    case 1:
      return absl::StrCat("My ", draw.Word(), " wants it in ", draw.Word(),
                          ".");
    case 2:
      return absl::StrCat("I was told to ", draw.Word(), " it.");
    case 3:
      return absl::StrCat("Your task is to ", draw.Word(), " the text below.");
    case 4:
      return absl::StrCat(draw.Word(), " the ",
                          draw.From({"problem", "question", "text"}), ".");
    case 5:
      return absl::StrCat("Answer as if there were ", 2 + draw.Below(8), " ",
                          draw.Word(), ".");
    case 6:
      return absl::StrCat("Use ", 2 + draw.Below(90), " ", draw.Word(), ".");
    case 7:
      return absl::StrCat("I have ", 2 + draw.Below(90), " ", draw.Word(), ".");
    case 8:
      return absl::StrCat("Your answer should be a ", draw.Word(), ".");
    default:
      return absl::StrCat("Think of it as a ", draw.Word(), ".");
  }
}

class FrameAside : public testing::Test {
 protected:
  FrameAside() {
    index_.Add(1, {"864", AnswerKind::kNumber}, kProblem);
    index_.Build();
  }
  bool IsExact(const std::string& prompt) const {
    return index_.FindByText(prompt).kind == MatchKind::kExact;
  }
  static std::string Beside(const std::string& sentence, Draw& draw) {
    const std::string gap = draw.From({" ", "\n", "\n\n"});
    return draw.Below(2) == 0 ? absl::StrCat(sentence, gap, kProblem)
                              : absl::StrCat(kProblem, gap, sentence);
  }
  ProblemIndex index_;
};

TEST_F(FrameAside, AsksForNothingWhateverItsWords) {
  Draw draw(3);
  int exact = 0;
  for (int i = 0; i < kDraws; ++i)
    exact += IsExact(Beside(Aside(draw), draw)) ? 1 : 0;
  EXPECT_GE(exact, kDraws * 98 / 100);
}

TEST_F(FrameAside, RequestsInItsShapeAreNeverExact) {
  Draw draw(5);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Request(draw), draw);
    EXPECT_FALSE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameAside, BelongsToAProblemThatSpeaksInPersonToo) {
  std::vector<FrameSentence> sentences = ReadSentences("I have a bald cat.");
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_TRUE(IsAside(sentences[0], kProblem));
  EXPECT_FALSE(
      IsAside(sentences[0], "I feed each pet twice. How often is it?"));
}

}  // namespace
}  // namespace reasonwatch
