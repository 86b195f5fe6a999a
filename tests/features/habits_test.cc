// SPDX-License-Identifier: Apache-2.0
#include "features/habits/habits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace reasonwatch {
namespace {

using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Phrases(const std::vector<Habit>& habits) {
  std::vector<std::string> phrases;
  for (const Habit& habit : habits) phrases.push_back(habit.phrase);
  return phrases;
}

// Returns `count` traces, of which every third has no "Let x be".
std::vector<std::string> Traces(int count) {
  std::vector<std::string> traces;
  for (int i = 0; i < count; ++i) {
    const std::string n = std::to_string(i * 17 + 3);
    std::string t = "**Step 1:** We know that Robert has " + n + " sheep.\n";
    t += i % 3 == 0 ? "Some sheep " + n + "\n" : "Let x be " + n + " times 3\n";
    t += std::string(1, static_cast<char>('a' + i % 26)) + n + " goes on\n";
    traces.push_back(std::move(t));
  }
  return traces;
}
std::vector<Habit> Mine(const std::vector<std::string>& traces) {
  return MineHabits({traces.begin(), traces.end()});
}

TEST(MineHabits, FindsWhatLinesBeginWith) {
  const auto traces = Traces(60);
  const auto habits = Mine(traces);
  EXPECT_THAT(Phrases(habits), Contains("Step # We know that @"));
  EXPECT_THAT(Phrases(habits), Contains("Let x be # times #"));
  // The longer phrase covers it.
  EXPECT_THAT(Phrases(habits), Not(Contains("Let x be")));
  for (const Habit& habit : habits) {
    EXPECT_GE(habit.rate, kMinHabitRate);
    if (habit.phrase == "Let x be # times #") {
      EXPECT_NEAR(habit.rate, 2.0 / 3, .01);
    }
  }
  EXPECT_EQ(Mine(traces), habits);
}

TEST(MineHabits, NeedsThirtyTraces) {
  EXPECT_THAT(Mine(Traces(29)), IsEmpty());
  EXPECT_THAT(Mine(Traces(30)), Not(IsEmpty()));
}

TEST(MineHabits, KeepsAtMostThirtyTwo) {
  std::string trace;
  for (char c = 'a'; c <= 'z'; ++c)
    for (char d : {'p', 'q', 'r'})
      trace += "word" + std::string(1, c) + d + " follows here\n";
  EXPECT_EQ(Mine(std::vector<std::string>(40, trace)).size(), kMaxHabits);
}

TEST(MineHabits, IsBoundedOnHugeTraces) {
  std::string huge;
  for (int i = 0; i < 200000; ++i) huge += "Line number follows\n";
  const std::vector<std::string_view> traces(2000, huge);
  EXPECT_THAT(Phrases(MineHabits(traces)), Contains("Line number follows"));
}

TEST(HabitProfile, SetsABitForEveryPhraseThatBeginsALine) {
  const HabitProfile profile(
      {{"Let x be", .9}, {"Step #", .8}, {"So the", .7}, {"# We find", .6}});
  EXPECT_EQ(profile.Find("Let x be the sum.\n  **Step 12**: go on"), 0b0011u);
  EXPECT_EQ(profile.Find("1. We find\nSo, the end"), 0b1100u);
  // Not at the beginning of a line; other words; an empty text.
  EXPECT_EQ(profile.Find("I let x be. Let x be!\nLet y be\nSteps 3"), 0u);
  EXPECT_EQ(profile.Find(""), 0u);
  EXPECT_EQ(HabitProfile().Find("Let x be"), 0u);
}

TEST(HabitProfile, FindsWhatWasMined) {
  const auto traces = Traces(60);
  const HabitProfile profile(Mine(traces));
  std::vector<int> counts(profile.habits().size(), 0);
  for (const std::string& trace : traces) {
    const uint32_t bits = profile.Find(trace);
    for (size_t i = 0; i < counts.size(); ++i)
      counts[i] += (bits >> i & 1) != 0 ? 1 : 0;
  }
  for (size_t i = 0; i < counts.size(); ++i)
    EXPECT_NEAR(counts[i] / 60.0, profile.habits()[i].rate, 1e-9)
        << profile.habits()[i].phrase;
}

TEST(HabitProfile, SurvivesStoring) {
  const HabitProfile profile({{"Let x be", .9}, {"Step #", .8}});
  const auto again = HabitProfile::Parse(profile.Serialize());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->habits(), profile.habits());
  EXPECT_EQ(again->Find("Step 3 Let x be"), profile.Find("Step 3 Let x be"));
  EXPECT_TRUE(HabitProfile::Parse(HabitProfile().Serialize())->empty());
}

TEST(HabitProfile, RefusesDamagedBytes) {
  const std::string bytes =
      HabitProfile({{"Let x be", .9}, {"Step #", .8}}).Serialize();
  for (size_t cut = 0; cut < bytes.size(); ++cut) {
    const auto parsed = HabitProfile::Parse(bytes.substr(0, cut));
    if (parsed.ok()) {
      EXPECT_LT(parsed->habits().size(), 2u);
    }
  }
  EXPECT_FALSE(HabitProfile::Parse("").ok());
  EXPECT_FALSE(HabitProfile::Parse(bytes + "x").ok());
  EXPECT_FALSE(HabitProfile::Parse("\x02" + bytes.substr(1)).ok());
}

}  // namespace
}  // namespace reasonwatch
