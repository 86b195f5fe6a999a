// SPDX-License-Identifier: Apache-2.0
// Sentences about the task of answering, drawn from a grammar with words that
// nobody has listed, and ones of the same shapes that want another text,
// another answer, or add a premise.
#include "baseline/matching/frame_task.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/baseline/draw.h"
#include "tests/baseline/framed_problem.h"

namespace reasonwatch {
namespace {

constexpr int kDraws = 400;

std::string Task(Draw& draw) {
  switch (draw.Below(10)) {
    case 0:
      return absl::StrCat("Answer the question below as ", draw.Word(3),
                          "ly as possible.");
    case 1:
      return absl::StrCat("Solve the following ", draw.Word(3), " problem.");
    case 2:
      return absl::StrCat("Give me a ", draw.Word(3), " explanation, then the ",
                          draw.Word(3), " answer.");
    case 3:
      return absl::StrCat("You have access to a ", draw.Word(3), " ",
                          draw.Word(3), ".");
    case 4:
      return absl::StrCat("The last line of your ", draw.Word(3),
                          " response should be in the format shown.");
    case 5:
      return "I think I know the answer but I'd like to be sure.";
    case 6:
      return absl::StrCat("There is no ", draw.Word(3),
                          " for showing your reasoning.");
    case 7:
      return absl::StrCat("Please double check before ", draw.Word(3), "ing.");
    case 8:
      return absl::StrCat("The following are ", draw.Word(3),
                          " questions (with answers) about ", draw.Word(3),
                          ".");
    default:
      return absl::StrCat("Write a response that ", draw.Word(3),
                          "ly completes the ", draw.Word(3), " request.");
  }
}

std::string Other(Draw& draw) {
  switch (draw.Below(11)) {
    case 0:
      return absl::StrCat("Answer in ", draw.Word(3), ".");
    case 1:
      return absl::StrCat("Solve for ", draw.Word(3), ".");
    case 2:
      return absl::StrCat("Give me a ", draw.Word(3), " of the answer.");
    case 3:
      return absl::StrCat("I want to know why anyone would ", draw.Word(3),
                          " this.");
    case 4:
      return absl::StrCat("Provide a ", draw.Word(3), ".");
    case 5:
      return absl::StrCat("The answer is ", draw.Word(3), ".");
    case 6:
      return absl::StrCat("I need a ", draw.Word(3), " for my homework.");
    case 7:
      return absl::StrCat("Write a program in ", draw.Word(3),
                          " that solves it.");
    case 8:
      return absl::StrCat("You will ", draw.Word(3), " the answer.");
    case 9:
      return absl::StrCat("It is a ", draw.Word(3), " ", draw.Word(3), ".");
    default:
      return absl::StrCat("There are ", draw.Word(3), " left.");
  }
}

class FrameTask : public FramedProblem {
 protected:
  static std::string Beside(const std::string& sentence, Draw& draw) {
    const std::string gap = draw.From({" ", "\n", "\n\n"});
    return draw.Below(2) == 0 ? absl::StrCat(sentence, gap, kProblem)
                              : absl::StrCat(kProblem, gap, sentence);
  }
};

TEST_F(FrameTask, SentencesAboutTheTaskAskForNothingElse) {
  Draw draw(17);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Task(draw), draw);
    EXPECT_TRUE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameTask, AnotherTextOrAnswerIsNeverExact) {
  Draw draw(19);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Other(draw), draw);
    EXPECT_FALSE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameTask, KeysOfJsonAndSlotsAreWrapping) {
  EXPECT_TRUE(IsExact(absl::StrCat("{\"id\": \"7\", \"question\": \"", kProblem,
                                   "\", \"answer\": null}")));
  EXPECT_TRUE(IsExact(absl::StrCat(kProblem, "\nOutput:")));
  EXPECT_FALSE(IsExact(absl::StrCat(kProblem, "\nTranslation:")));
}

// A program shows a conversation and asks for something about it.
TEST_F(FrameTask, RequestsAboutAShownTalkAreNotExact) {
  EXPECT_FALSE(IsExact(
      absl::StrCat("Suggest follow-up questions.\n\nUser: ", kProblem)));
  EXPECT_FALSE(IsExact(
      absl::StrCat("Generate a title for this chat.\n\nUSER: ", kProblem)));
  EXPECT_TRUE(IsExact(absl::StrCat("You are helpful.\n\nUser: ", kProblem)));
}

}  // namespace
}  // namespace reasonwatch
