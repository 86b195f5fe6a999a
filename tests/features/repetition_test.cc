// SPDX-License-Identifier: Apache-2.0
// Tests of loops: each kind of loop is found at its threshold, and sound texts
// that repeat themselves (enumerations, tables, code, repeated checks) are not
// taken for one.
//
// Order: exact periods, recurrence, one word repeated, hostile texts.
#include "features/repetition/repetition.h"

#include <algorithm>
#include <random>
#include <string>

#include "gtest/gtest.h"

namespace reasonwatch {
namespace {

std::string Times(std::string_view what, int n) {
  std::string text;
  for (int i = 0; i < n; ++i) text += what;
  return text;
}
bool IsLoop(const Repetition& r) {
  return r.exact_period || r.same_word || r.recurrence >= kLoopRecurrence;
}

const char kOpening[] =
    "We are asked how many ways there are to seat five guests at a round "
    "table. Fix one of them, and arrange the others in the seats that are "
    "left, which gives four factorial.\n";
const char kParagraph[] =
    "Hmm, let me check that again. The first guest has a fixed seat, and so "
    "the next one has four seats to choose from, which means that I have to "
    "multiply.\n";

TEST(ExactPeriod, LoopsAreFound) {
  EXPECT_TRUE(FindRepetition(kOpening + Times(kParagraph, 3)).exact_period);
  EXPECT_TRUE(FindRepetition(kOpening + Times(kParagraph, 300)).exact_period);
  EXPECT_TRUE(FindRepetition(Times("Wait, is it? ", 20)).exact_period);
  EXPECT_TRUE(
      FindRepetition(Times("这个问题我需要再检查一遍。", 8)).exact_period);
  EXPECT_TRUE(FindRepetition(Times("проверю ещё раз, всё ли верно. ", 12))
                  .exact_period);
  EXPECT_TRUE(FindRepetition("1/11 = 0." + Times("09", 1000)).exact_period);
}

TEST(ExactPeriod, TheCutMayBeAnywhere) {
  const std::string text = kOpening + Times(kParagraph, 6);
  for (size_t cut = 0; cut < 150; ++cut)
    EXPECT_TRUE(FindRepetition(text.substr(0, text.size() - cut)).exact_period)
        << cut;
}

TEST(ExactPeriod, APeriodOfHundredsOfWordsIsFound) {
  std::string block;
  for (int i = 0; i < 700; ++i) block += "w" + std::to_string(i * 7919) + " ";
  EXPECT_TRUE(FindRepetition(Times(block, 5)).exact_period);
}

TEST(Loops, CopiesWithChangesBetweenThemAreFound) {
  std::string text = kOpening;
  for (int i = 0; i < 12; ++i)
    text += std::string(kParagraph) + "Attempt " + std::to_string(i) + ". ";
  text += "The answer is 24.";
  const Repetition r = FindRepetition(text);
  EXPECT_FALSE(r.exact_period);
  EXPECT_GE(r.recurrence, kLoopRecurrence);
}

TEST(Loops, ALoopThatWasLeftIsFound) {
  std::string text = kOpening + Times(kParagraph, 10);
  for (int i = 0; i < 60; ++i)
    text += "Then line " + std::to_string(i) + " says something new about " +
            std::to_string(i * i) + " things.\n";
  EXPECT_FALSE(FindRepetition(text).exact_period);
  EXPECT_GE(FindRepetition(text).recurrence, kLoopRecurrence);
}

// A text longer than the tail that is read: short words, and characters as
// units.
TEST(ExactPeriod, TheEndOfALongTextIsRead) {
  std::string words;
  std::string characters;
  for (int i = 0; i < 20'000; ++i) {
    const int w = i * 7919 % 17576;
    words +=
        {static_cast<char>('a' + w / 676), static_cast<char>('a' + w / 26 % 26),
         static_cast<char>('a' + w % 26), ' '};
    const int c = i * 7919 % 8000;
    characters += {'\xE5', static_cast<char>(0x80 + c / 64 % 64),
                   static_cast<char>(0x80 + c % 64)};
  }
  EXPECT_FALSE(FindRepetition(words).exact_period);
  EXPECT_FALSE(FindRepetition(characters).exact_period);
  EXPECT_TRUE(FindRepetition(words + Times(kParagraph, 5)).exact_period);
  EXPECT_TRUE(
      FindRepetition(characters + Times("这个问题我需要再检查一遍。", 8))
          .exact_period);
  EXPECT_TRUE(FindRepetition(words + Times("the ", 40)).same_word);
}

TEST(ExactPeriod, OfAnyLengthFromAnywhere) {
  for (int before = 0; before < 70; ++before) {
    for (int period = 1; period < 50; ++period) {
      std::string text;
      for (int i = 0; i < before; ++i) text += "b" + std::to_string(i) + " ";
      std::string copy;
      for (int i = 0; i < period; ++i) copy += "w" + std::to_string(i) + " ";
      // 40 units and the last one, which may be cut.
      const int copies = std::max(3, (41 + period - 1) / period);
      EXPECT_TRUE(FindRepetition(text + Times(copy, copies)).exact_period)
          << before << " " << period;
      EXPECT_FALSE(FindRepetition(text + Times(copy, 2)).exact_period)
          << before << " " << period;
    }
  }
}

TEST(Loops, CopiesAreFoundWhereverTheyBegin) {
  for (int before = 0; before < 140; ++before) {
    std::string text;
    for (int i = 0; i < before; ++i) text += "b" + std::to_string(i) + " ";
    for (int i = 0; i < 10; ++i)
      text += std::string(kParagraph) + "Attempt " + std::to_string(i) + ". ";
    EXPECT_GE(FindRepetition(text).recurrence, kLoopRecurrence) << before;
  }
}

TEST(Loops, OneWordOverAndOver) {
  EXPECT_TRUE(
      FindRepetition("So the answer is " + Times("the ", 20)).same_word);
  EXPECT_TRUE(FindRepetition(Times("好", 40)).same_word);
  EXPECT_FALSE(FindRepetition("no, no, no, no, that is wrong").same_word);
  EXPECT_FALSE(FindRepetition(Times("0 ", 100)).same_word);
}

std::string Enumeration() {
  std::string text = "We test every prime up to the square root of 9409.\n";
  for (int p : {2,  3,  5,  7,  11, 13, 17, 19, 23, 29, 31, 37, 41,
                43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97})
    text += "- " + std::to_string(p) +
            " does not divide 9409, because 9409 / " + std::to_string(p) +
            " leaves " + std::to_string(9409 % p) + ".\n";
  return text;
}
std::string TextTable() {
  std::string text = "| round | left | right | state |\n|---|---|---|---|\n";
  for (int i = 0; i < 80; ++i)
    text += "| yes | no | no | the same as before |\n";
  return text + "\nThat is the whole table.";
}
std::string Code() {
  std::string text = "```cpp\n";
  for (int i = 0; i < 30; ++i)
    text += "if (value == " + std::to_string(i) + ") {\n  return names[" +
            std::to_string(i) + "];\n}\n";
  return text + "```\n";
}
std::string Grid() {
  std::string text = "The grid is\n";
  for (int i = 0; i < 15; ++i) text += Times("0 ", 15) + "\n";
  return text;
}
std::string Verification() {
  const std::string sum = "3 * 17 + 4 * 12 = 51 + 48 = 99, as it has to be";
  return std::string(kOpening) + "First, " + sum + ". " + kParagraph +
         "To verify: " + sum + ". So both ways agree, and the answer is 99.";
}
std::string Poem() {
  const std::string refrain =
      "Row, row, the river is slow,\nand home is where we will be.\n";
  return "The morning came over the hill in red,\nthe boats lay still on the "
         "sand,\nmy brother was first to get out of bed\nand carried the oars "
         "in his hand.\n" +
         refrain +
         "The noon was hot and the water was wide,\nwe drank from an old tin "
         "cup,\nthe herons stood in a line by our side\nand none of them would "
         "look up.\n" +
         refrain +
         "The night came down with a thousand stars,\nwe sang till the singing "
         "was done,\nand drifted on over the shoals and bars\nto wait for the "
         "morning sun.\n" +
         refrain;
}

TEST(Loops, WhatOnlyLooksLikeOne) {
  EXPECT_FALSE(IsLoop(FindRepetition(""))) << "empty";
  EXPECT_FALSE(IsLoop(FindRepetition("The answer is 42."))) << "short";
  EXPECT_FALSE(IsLoop(FindRepetition(Enumeration()))) << "enumeration";
  EXPECT_FALSE(IsLoop(FindRepetition(TextTable()))) << "table";
  EXPECT_FALSE(IsLoop(FindRepetition(Code()))) << "code";
  EXPECT_FALSE(IsLoop(FindRepetition(Grid()))) << "grid";
  EXPECT_FALSE(IsLoop(FindRepetition(Verification()))) << "verification";
  EXPECT_FALSE(IsLoop(FindRepetition(Poem()))) << "poem";
  EXPECT_FALSE(IsLoop(FindRepetition("1/7 = 0." + Times("142857", 10))))
      << "decimals";
}

// This bounds the cost, which bench/features_text_a.cc measures.
TEST(Loops, OnlyTheLast24KilobytesAreRead) {
  std::mt19937 random(3);
  std::string noise(1 << 20, ' ');
  for (char& c : noise) c = static_cast<char>(random() % 256);
  std::string fibonacci = "a b ";  // repeats within repeats
  std::string before = "a ";
  while (fibonacci.size() < (1 << 20)) {
    std::string next = fibonacci + before;
    before = std::move(fibonacci);
    fibonacci = std::move(next);
  }
  for (const std::string& text :
       {std::string(1 << 20, 'a'), std::string(1 << 20, ' '), noise, fibonacci,
        Times("a ", 1 << 19), Times("\xE4\xB8\x80", 300'000),
        Times("\xE4", 1 << 20)}) {
    std::string other = text;
    const size_t unread = text.size() - size_t{24} * 1024;
    for (size_t i = 0; i < unread; ++i) other[i] = "other "[i % 6];
    const Repetition expected = FindRepetition(text);
    const Repetition found = FindRepetition(other);
    EXPECT_EQ(found.exact_period, expected.exact_period);
    EXPECT_EQ(found.recurrence, expected.recurrence);
    EXPECT_EQ(found.same_word, expected.same_word);
  }
}

}  // namespace
}  // namespace reasonwatch
