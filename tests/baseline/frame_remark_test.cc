// SPDX-License-Identifier: Apache-2.0
// Remarks drawn from a grammar with nouns that nobody has listed, and sentences
// of the same shapes that add a premise or want something else.
#include "baseline/matching/frame_remark.h"

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

std::string Person(Draw& draw) {
  return draw.From({"friend", "teacher", "colleague", "neighbour", "cousin"});
}

// About the writer's day.
std::string Remark(Draw& draw) {
  switch (draw.Below(12)) {
    case 0:
      return absl::StrCat("Going over my ", draw.Word(3), " again.");
    case 1:
      return absl::StrCat("Been stuck on this since ", draw.Word(3), ".");
    case 2:
      return absl::StrCat("Sorry for the ", draw.Word(3), " question.");
    case 3:
      return draw.From({"Okay, new topic.", "Great, next one.", "Moving on.",
                        "Let's try another.", "Bear with me here."});
    case 4:
      return absl::StrCat("Same ", draw.Word(3), " as before please.");
    case 5:
      return absl::StrCat("My ", draw.Word(3), " wants this by ", draw.Word(3),
                          ".");
    case 6:
      return absl::StrCat("No one in my ", draw.Word(3),
                          " could get this one.");
    case 7:
      return absl::StrCat("A ", Person(draw), " of mine sent me this ",
                          draw.Word(3), ".");
    case 8:
      return absl::StrCat("Saw this on ", draw.Word(3), " yesterday.");
    case 9:
      return draw.From({"Not sure where to start with this.",
                        "I have no clue how to do this one.",
                        "I can't figure it out.", "Any help is welcome."});
    case 10:
      return absl::StrCat("It is from my ", draw.Word(3), ".");
    default:
      return "English is not my first language, sorry.";
  }
}

// About the answer and its form.
std::string Rule(Draw& draw) {
  switch (draw.Below(8)) {
    case 0:
      return absl::StrCat(
          draw.From({"This question", "Each problem", "The exercise"}), " has ",
          draw.From({"exactly one", "only one", "a single"}), " ",
          draw.From({"correct", "right", "valid"}), " answer.");
    case 1:
      return "If several options seem plausible, pick the best one.";
    case 2:
      return "It's okay to be unsure, but give your best guess.";
    case 3:
      return absl::StrCat("Then rate your confidence from 0 to ",
                          draw.From({"1", "10", "100"}), ".");
    case 4:
      return absl::StrCat("Use a ", draw.Word(3), " tone.");
    case 5:
      return absl::StrCat("Assume the reader is a ", draw.Word(3), ".");
    case 6:
      return absl::StrCat("The student must show all work.");
    default:
      return absl::StrCat("Show me how you would solve this.");
  }
}

std::string Label(Draw& draw) {
  return absl::StrCat(draw.From({"Round", "Level", "Test case", "Section"}),
                      " ", 1 + draw.Below(30),
                      draw.From({":", "", ", question 4:", " ***"}));
}

// The same shapes, and another answer or another task.
std::string Other(Draw& draw) {
  switch (draw.Below(14)) {
    case 0:
      return absl::StrCat("Everything ", draw.Word(3), " more.");
    case 1:
      return absl::StrCat("Everyone also gets one ", draw.Word(3), ".");
    case 2:
      return absl::StrCat("It ", draw.Word(3), "ed on a ", draw.Word(3), ".");
    case 3:
      return absl::StrCat("My ", draw.Word(3), " wants a ", draw.Word(3),
                          " of this.");
    case 4:
      return absl::StrCat("Trying to write a ", draw.Word(3), ".");
    case 5:
      return absl::StrCat("As a ", draw.Word(3), ":");
    case 6:
      return absl::StrCat(draw.Word(3), " version:");
    case 7:
      return absl::StrCat("Same but ", draw.Word(3), ".");
    case 8:
      return absl::StrCat("A ", draw.Word(3), " of it.");
    case 9:
      return absl::StrCat("Now it has two ", draw.Word(3), ".");
    case 10:
      return absl::StrCat("Each ", draw.Word(3), " loses a ", draw.Word(3),
                          ".");
    case 11:
      return absl::StrCat(draw.Word(3), " this question:");
    case 12:
      return absl::StrCat("Looking for a ", draw.Word(3), " about it.");
    default:
      return absl::StrCat("It is a ", draw.Word(3), " ", draw.Word(3), ".");
  }
}

class FrameRemark : public FramedProblem {
 protected:
  static std::string Before(const std::string& sentence, Draw& draw) {
    return absl::StrCat(sentence, draw.From({" ", "\n", "\n\n"}), kProblem);
  }
  static std::string Beside(const std::string& sentence, Draw& draw) {
    if (sentence.back() == ':' || draw.Below(2) == 0)
      return Before(sentence, draw);
    return absl::StrCat(kProblem, draw.From({" ", "\n", "\n\n"}), sentence);
  }
};

TEST_F(FrameRemark, RemarksAskForNothing) {
  Draw draw(3);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Remark(draw), draw);
    EXPECT_TRUE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameRemark, RulesOfTheAnswerLeaveItAsItIs) {
  Draw draw(5);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Rule(draw), draw);
    EXPECT_TRUE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameRemark, LabelsNumberTheProblem) {
  Draw draw(7);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = absl::StrCat(Label(draw), "\n", kProblem);
    EXPECT_TRUE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameRemark, PremisesAndRequestsAreNeverExact) {
  Draw draw(9);
  for (int i = 0; i < kDraws; ++i) {
    const std::string prompt = Beside(Other(draw), draw);
    EXPECT_FALSE(IsExact(prompt)) << prompt;
  }
}

TEST_F(FrameRemark, ThisIsBeginsNoOrderInOtherLanguages) {
  for (const char* sentence :
       {"Das ist eine Aufgabe aus dem Buch:", "Es para mi examen:",
        "C'est pour un devoir :", "Это задача из учебника:", "这是一道考试题：",
        "Für eine Prüfung:"})
    EXPECT_TRUE(IsExact(absl::StrCat(sentence, "\n", kProblem))) << sentence;
  for (const char* sentence :
       {"Das ist falsch:", "Es un año bisiesto.", "Это високосный год.",
        "Sag es einfacher:", "再出一题："})
    EXPECT_FALSE(IsExact(absl::StrCat(sentence, "\n", kProblem))) << sentence;
}

TEST_F(FrameRemark, ALongRemarkCostsNoMore) {
  const std::string many(200000, '!');
  EXPECT_FALSE(IsExact(absl::StrCat("Sorry for ", many, " ", kProblem)));
}

}  // namespace
}  // namespace reasonwatch
