// SPDX-License-Identifier: Apache-2.0
// Statements and orders of manner, drawn from a grammar whose nouns and verbs
// nobody has listed, and requests, which refer to the problem.
#include "baseline/matching/frame_statement.h"

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

std::string Statement(Draw& draw) {
  switch (draw.Below(8)) {
    case 0:
      return absl::StrCat("A ", draw.Word(3), " showed this puzzle to me.");
    case 1:
      return absl::StrCat("We had this in a ", draw.Word(3), " last ",
                          draw.Word(3), ".");
    case 2:
      return absl::StrCat("You will be given a ", draw.Word(3), " question.");
    case 3:
      return absl::StrCat("Got this in a ", draw.Word(3), " yesterday.");
    case 4:
      return absl::StrCat("Below is a question from a ", draw.Word(3), " ",
                          draw.Word(3), ".");
    case 5:
      return absl::StrCat("Here is a problem that I found in a ", draw.Word(3),
                          ":");
    case 6:
      return absl::StrCat("This puzzle ", draw.Word(3), "ed a whole ",
                          draw.Word(3), ".");
    default:
      return absl::StrCat("You are not allowed to use a ", draw.Word(3), ".");
  }
}

std::string Order(Draw& draw) {
  switch (draw.Below(7)) {
    case 0:
      return absl::StrCat(draw.Word(3), " no ", draw.Word(3), ".");
    case 1:
      return absl::StrCat("Include a ", draw.Word(3), " score.");
    case 2:
      return absl::StrCat("Put the result between ", draw.Word(3), ".");
    case 3:
      return absl::StrCat(draw.Word(3), " your answer by a ", draw.Word(3),
                          " method.");
    case 4:
      return absl::StrCat("Answer with ", draw.Word(3), ".");
    case 5:
      return absl::StrCat("Address me as a ", draw.Word(3), ".");
    default:
      return absl::StrCat("Break it down into ", draw.Word(3),
                          " and solve each one.");
  }
}

// The same words, and the problem is their object, or its answer changes.
std::string Request(Draw& draw) {
  switch (draw.Below(14)) {
    case 0:
      return absl::StrCat(draw.Word(3), " this.");
    case 1:
      return absl::StrCat(draw.Word(3), " the words below.");
    case 2:
      return absl::StrCat(draw.Word(3), " the ", draw.Word(3), " ",
                          draw.Word(3), ".");
    case 3:
      return absl::StrCat(draw.Word(3), ":");
    case 4:
      return absl::StrCat("A ", draw.Word(3), " about it:");
    case 5:
      return absl::StrCat("You will ", draw.Word(3), " it.");
    case 6:
      return absl::StrCat("Write a ", draw.Word(3), " ", draw.Word(3), ".");
    case 7:
      return absl::StrCat("My ", draw.Word(3), " says fourteen.");
    case 8:
      return absl::StrCat("Square your answer.");
    case 9:
      return absl::StrCat("Give the result in binary.");
    case 10:
      return absl::StrCat("The answer is ", draw.Word(3), ".");
    case 11:
      return absl::StrCat("All ", draw.Word(3), " are ", draw.Word(3), ".");
    case 12:
      return absl::StrCat("There were more ", draw.Word(3), " later.");
    default:
      return absl::StrCat("Is it ", draw.Word(3), "?");
  }
}

class FrameStatement : public FramedProblem {
 protected:
  static std::string Beside(const std::string& sentence, Draw& draw) {
    const std::string gap = draw.From({" ", "\n", "\n\n"});
    const bool before = sentence.back() == ':' || draw.Below(2) == 0;
    return before ? absl::StrCat(sentence, gap, kProblem)
                  : absl::StrCat(kProblem, gap, sentence);
  }
};

TEST_F(FrameStatement, StatementsAskForNothing) {
  Draw draw(7);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Statement(draw), draw);
    EXPECT_TRUE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameStatement, OrdersOfMannerLeaveTheProblemAsItIs) {
  Draw draw(11);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Order(draw), draw);
    EXPECT_TRUE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameStatement, RequestsAreNeverExact) {
  Draw draw(13);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Request(draw), draw);
    EXPECT_FALSE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameStatement, DatesAreNoPartUnlessTheProblemSpeaksOfThem) {
  const std::string date = "Today is Monday, 3 March 2031.";
  EXPECT_TRUE(IsExact(absl::StrCat(date, "\n\n", kProblem)));
  std::vector<FrameSentence> sentences = ReadSentences(date);
  ASSERT_EQ(sentences.size(), 1u);
  EXPECT_FALSE(IsDateLine(sentences[0], "Which day comes after tomorrow?"));
}

TEST_F(FrameStatement, OtherLanguagesAskForHelpOrTheAnswer) {
  for (const char* frame :
       {"Kannst du mir dabei helfen?\n",
        "Hola, ¿me ayudas con este ejercicio?\n",
        "Покажи ход решения и напиши ответ в конце.\n",
        "Explique chaque étape puis donne le résultat final.\n",
        "Szia, segítesz ebben?\n"})
    EXPECT_TRUE(IsExact(absl::StrCat(frame, kProblem))) << frame;
  for (const char* frame : {"Schreib das bitte um:\n", "Hazlo más corto:\n",
                            "Напиши похожую задачу:\n", "Fais-en un poème :\n"})
    EXPECT_FALSE(IsExact(absl::StrCat(frame, kProblem))) << frame;
}

}  // namespace
}  // namespace reasonwatch
