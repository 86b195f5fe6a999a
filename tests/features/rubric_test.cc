// SPDX-License-Identifier: Apache-2.0
#include "features/rubric/rubric.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace reasonwatch {
namespace {

Rubric Read(std::string_view chain, std::string_view answer) {
  return ReadRubric(ReadAnswerChain({"", chain, answer, answer}));
}

constexpr std::string_view kGood =
    "The garden has 6 rows of beans.\nEach row of beans holds 9 plants.\nThe "
    "rows and plants give 6 * 9 = 54.\nTherefore the garden has 54 plants.";

TEST(Rubric, AGoodChainHasAllPoints) {
  const Rubric r = Read(kGood, "54");
  EXPECT_EQ(r.steps, 4);
  EXPECT_EQ(r.self_contained, 2);
  EXPECT_EQ(r.connected, 2);
  EXPECT_EQ(r.follows, 2);
  EXPECT_EQ(r.low, 0);
}

TEST(Rubric, DanglingStepsAreCounted) {
  const Rubric r = Read(
      "It holds for beans in rows.\nThis gives rows of beans.\nThey make 54 "
      "beans.\nTherefore the rows hold 54 beans.",
      "54");
  EXPECT_EQ(r.dangling, 3);
  EXPECT_EQ(r.self_contained, 0);
  // Names a step that has not come yet.
  EXPECT_EQ(Read("The beans follow from step 9.\nThe beans are many.\nThe "
                 "beans number 54.",
                 "54")
                .dangling,
            1);
}

TEST(Rubric, StepsThatShareNothingAreCounted) {
  const Rubric r = Read(
      "Beans grow upwards.\nParis lies on water.\nMusic calms animals.\nWinter "
      "brings snowflakes.\nTotal equals 54.",
      "54");
  EXPECT_EQ(r.unconnected, 4);
  EXPECT_EQ(r.connected, 0);
}

TEST(Rubric, AnAnswerFromNowhereDoesNotFollow) {
  EXPECT_EQ(Read(kGood, "77").follows, 0);
  const Rubric early = Read(
      "The garden has 612 beans in rows.\nThe rows of beans lie in gardens.\n"
      "The gardens of beans are 90 metres long.\nThe beans in 90 metres are "
      "25 rows.\nThe rows of beans are 37 plants.",
      "612");
  EXPECT_EQ(early.follows, 1);
}

TEST(Rubric, LowIsUnderFour) {
  const Rubric r = Read(
      "It grows upwards.\nThis lies on water.\nThey calm animals.\nSo the "
      "total equals 54.",
      "77");
  EXPECT_LT(r.self_contained + r.connected + r.follows, 4);
  EXPECT_EQ(r.low, 1);
}

TEST(Rubric, NoChainNoPoints) {
  for (std::string_view chain : {"", "Only one step.", "Two.\nSteps."}) {
    const Rubric r = Read(chain, "54");
    EXPECT_TRUE(std::isnan(r.self_contained));
    EXPECT_TRUE(std::isnan(r.low));
  }
  // Without an answer the third count is unknown, and so is the sum.
  const Rubric r =
      ReadRubric(ReadAnswerChain({"", kGood, std::string(300, 'x'), ""}));
  EXPECT_EQ(r.connected, 2);
  EXPECT_TRUE(std::isnan(r.follows));
  EXPECT_TRUE(std::isnan(r.low));
}

TEST(Rubric, OfALongChainTheEndsCount) {
  std::string chain(kGood);
  for (int i = 0; i < 2000; ++i) chain += "\nThe beans grow in rows.";
  chain += "\nTherefore the garden has 54 plants.";
  const Rubric r = Read(chain, "54");
  EXPECT_LE(r.steps, 48);
  EXPECT_EQ(r.follows, 2);
}

}  // namespace
}  // namespace reasonwatch
