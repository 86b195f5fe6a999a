// SPDX-License-Identifier: Apache-2.0
#include "incidents/failing_problems.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace reasonwatch {
namespace {

FailingProblem Asked(std::string id, std::string family, int passed_now,
                     int trials_now, int passed_before = 8) {
  FailingProblem p;
  p.id = std::move(id);
  p.family = std::move(family);
  p.trials_before = 8;
  p.passed_before = passed_before;
  p.trials_now = trials_now;
  p.passed_now = passed_now;
  return p;
}

Finding Listed(std::vector<FailingProblem> asked) {
  Finding finding;
  ListFailing(std::move(asked), finding);
  return finding;
}

TEST(ListFailing, TheSurestFirstAndOnlyThoseThatFail) {
  const Finding f =
      Listed({Asked("fine", "algebra", 3, 4), Asked("once", "algebra", 0, 1),
              Asked("thrice", "rates", 0, 3), Asked("shaky", "rates", 0, 3, 6),
              Asked("half", "rates", 1, 2)});
  std::vector<std::string> ids;
  for (const FailingProblem& p : f.failing) ids.push_back(p.id);
  EXPECT_THAT(ids, testing::ElementsAre("thrice", "shaky", "half", "once"));
  EXPECT_THAT(f.families, testing::ElementsAre(FamilyCount{"rates", 3, 3},
                                               FamilyCount{"algebra", 2, 1}));
}

TEST(ListFailing, KeepsItsBoundsAndCountsTheRest) {
  std::vector<FailingProblem> asked;
  const int count = static_cast<int>(kMaxFamilyCounts) + 5;
  for (int i = 0; i < count; ++i) {
    const std::string name = std::to_string(100 + i);
    asked.push_back(Asked(name, name, 0, 1));
  }
  const Finding f = Listed(asked);
  EXPECT_EQ(f.failing.size(), kMaxFailingProblems);
  ASSERT_EQ(f.families.size(), kMaxFamilyCounts);
  EXPECT_EQ(f.families.back(), (FamilyCount{"other families", 6, 6}));
}

TEST(ListFailing, OfNothingThereIsNothing) {
  const Finding f = Listed({});
  EXPECT_TRUE(f.families.empty());
  EXPECT_TRUE(f.failing.empty());
}

}  // namespace
}  // namespace reasonwatch
