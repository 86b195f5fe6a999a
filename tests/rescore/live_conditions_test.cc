// SPDX-License-Identifier: Apache-2.0
// The conditions of live failures, from traffic drawn at random: first each
// condition by itself, then their order, their text, and the log's bounds.
#include "rescore/ways/live_conditions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "rescore/ways/way_plan.h"
#include "tests/rescore/problems.h"

namespace reasonwatch {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

const absl::Time kBegin = absl::FromUnixSeconds(1700000000);

// One response of traffic that comes in waves of 1 to `most` requests at once.
struct Drawn {
  Scored scored;
  int at_once = 0;
};

std::vector<Drawn> DrawTraffic(std::mt19937& draw, int count, int most) {
  std::vector<Drawn> traffic;
  absl::Time now = kBegin;
  while (static_cast<int>(traffic.size()) < count) {
    const int wave = 1 + static_cast<int>(draw() % static_cast<uint32_t>(most));
    for (int i = 0; i < wave; ++i) {
      Drawn d;
      d.at_once = wave;
      d.scored = ScoredTrial(1 + draw() % 50, /*passes=*/true);
      d.scored.start = now + absl::Milliseconds(draw() % 500);
      d.scored.end = now + absl::Seconds(2) + absl::Milliseconds(draw() % 500);
      d.scored.session = 1000 + draw();
      d.scored.streamed = draw() % 2 == 0;
      d.scored.replica = absl::StrCat("r", draw() % 3);
      traffic.push_back(d);
    }
    now += absl::Seconds(4);
  }
  return traffic;
}

// The conditions after traffic in which exactly these responses fail.
FailureConditions After(std::vector<Drawn> traffic,
                        const std::function<bool(const Drawn&)>& fails) {
  LiveConditions live;
  for (Drawn& d : traffic) {
    d.scored.grade = fails(d) ? Grade::kIncorrect : Grade::kCorrect;
    live.Observe(d.scored);
  }
  Incident incident;
  incident.model = "m";
  incident.scope = Scope::kModel;
  return live.Of(incident);
}

class LiveConditionsTest : public ::testing::TestWithParam<uint32_t> {
 protected:
  std::mt19937 draw_{GetParam()};
};

INSTANTIATE_TEST_SUITE_P(Seeds, LiveConditionsTest, ::testing::Range(1u, 21u));

TEST_P(LiveConditionsTest, FailuresUnderLoadNeedAsManyRequestsAtOnce) {
  const int needed = 2 + static_cast<int>(draw_() % 5);
  const auto c = After(DrawTraffic(draw_, 300, 8),
                       [&](const Drawn& d) { return d.at_once >= needed; });
  EXPECT_THAT(c.needed, ElementsAre(Condition::kConcurrent));
  EXPECT_GE(c.at_once, needed);
  EXPECT_LE(c.at_once, 8);
}

TEST_P(LiveConditionsTest, FailuresThatComeWithoutLoadTooNeedNone) {
  const auto c = After(DrawTraffic(draw_, 300, 2), [&](const Drawn& d) {
    return d.at_once == 1 || draw_() % 2 == 0;
  });
  EXPECT_THAT(c.needed, Not(Contains(Condition::kConcurrent)));
  EXPECT_EQ(c.at_once, 1);
}

TEST_P(LiveConditionsTest, FailuresOfOneReplicaNeedThatReplica) {
  const auto c = After(DrawTraffic(draw_, 300, 1),
                       [](const Drawn& d) { return d.scored.replica == "r1"; });
  EXPECT_THAT(c.needed, ElementsAre(Condition::kReplica));
  EXPECT_EQ(c.replica, "r1");
  EXPECT_FALSE(c.any_replica);
}

TEST_P(LiveConditionsTest, WithoutANameAnyReplicaMayBeAtFault) {
  auto traffic = DrawTraffic(draw_, 100, 1);
  for (Drawn& d : traffic) d.scored.replica.clear();
  const auto c =
      After(std::move(traffic), [&](const Drawn&) { return draw_() % 3 == 0; });
  EXPECT_TRUE(c.any_replica);
  EXPECT_THAT(c.needed, IsEmpty());
  std::vector<std::string> names;
  for (const FailureWay& way : PlanFailureWays(c, {"a", "b"}, {}))
    names.push_back(way.name);
  EXPECT_THAT(names, ElementsAre("replica/a", "replica/b"));
}

TEST_P(LiveConditionsTest, TheSecondOfTwoWithTheSameBeginningNeedsAWarmCache) {
  auto traffic = DrawTraffic(draw_, 200, 1);
  for (size_t i = 1; i < traffic.size(); ++i)
    if (draw_() % 3 == 0)
      traffic[i].scored.session = traffic[i - 1].scored.session;
  std::vector<bool> second(traffic.size());
  for (size_t i = 1; i < traffic.size(); ++i) {
    second[i] = traffic[i].scored.session == traffic[i - 1].scored.session;
    // Marked so that the function below knows it.
    traffic[i].scored.trace_id = second[i] ? "second" : "";
  }
  const auto c = After(std::move(traffic), [](const Drawn& d) {
    return d.scored.trace_id == "second";
  });
  EXPECT_THAT(c.needed, ElementsAre(Condition::kWarm));
}

TEST_P(LiveConditionsTest, DeliveryAndFillAreConditions) {
  auto traffic = DrawTraffic(draw_, 200, 1);
  for (Drawn& d : traffic)
    d.scored.stratum.fill = static_cast<uint8_t>(draw_() % 2);
  EXPECT_THAT(
      After(traffic, [](const Drawn& d) { return d.scored.streamed; }).needed,
      ElementsAre(Condition::kStreamed));
  EXPECT_THAT(
      After(traffic, [](const Drawn& d) { return d.scored.stratum.fill > 0; })
          .needed,
      ElementsAre(Condition::kFilled));
}

TEST_P(LiveConditionsTest, TheConditionThatFailuresHaveMoreOftenComesFirst) {
  auto traffic = DrawTraffic(draw_, 300, 8);
  // Everything is streamed, so that delivery sets no failure apart.
  for (Drawn& d : traffic) d.scored.streamed = true;
  const auto c =
      After(std::move(traffic), [](const Drawn& d) { return d.at_once >= 4; });
  EXPECT_THAT(c.needed,
              ElementsAre(Condition::kConcurrent, Condition::kStreamed));
}

TEST_P(LiveConditionsTest, ConditionsSurviveAsText) {
  FailureConditions c;
  for (int i = 0; i < 6; ++i)
    if (draw_() % 2 == 0) c.needed.push_back(static_cast<Condition>(i));
  std::shuffle(c.needed.begin(), c.needed.end(), draw_);
  c.failures = static_cast<int>(draw_() % 500);
  c.at_once = 1 + static_cast<int>(draw_() % LiveConditions::kMaxAtOnce);
  if (draw_() % 2 == 0) c.replica = absl::StrCat("rack 7, gpu ", draw_());
  c.any_replica = draw_() % 2 == 0;
  EXPECT_EQ(ConditionsFromText(ToText(c)), c);
}

TEST(ConditionsText, TextThatIsNoneNeedsNothing) {
  for (const char* text : {"", "warm", "warm x 1 0 ", "warm 4 0 0 ",
                           "warm 4 99 0 ", "boiling 4 1 0 ", " 1 "})
    EXPECT_EQ(ConditionsFromText(text), FailureConditions()) << text;
}

TEST(LiveConditions, TooFewFailuresAreReadFromAllResponses) {
  LiveConditions live;
  Incident incident;
  incident.model = "m";
  incident.scope = Scope::kModel;
  incident.onset_time = kBegin;
  EXPECT_EQ(live.Of(incident), FailureConditions());
  // A length that collapses marks no single response as failed.
  for (int i = 0; i < 20; ++i) {
    Scored s = ScoredTrial(1, true);
    s.start = kBegin + absl::Seconds(i);
    s.end = s.start + absl::Milliseconds(2500);
    live.Observe(s);
  }
  EXPECT_THAT(live.Of(incident).needed, Contains(Condition::kConcurrent));
  EXPECT_EQ(live.Of(incident).at_once, 3);
  incident.onset_time = kBegin + absl::Hours(1);
  EXPECT_EQ(live.Of(incident), FailureConditions());
}

TEST(LiveConditions, IsBounded) {
  LiveConditions live;
  for (size_t m = 0; m < LiveConditions::kMaxModels + 5; ++m)
    for (size_t i = 0; i < LiveConditions::kMaxResponses + 5; ++i) {
      Scored s = ScoredTrial(1, false);
      s.model = absl::StrCat("m", m);
      s.start = kBegin + absl::Seconds(static_cast<int64_t>(m));
      live.Observe(s);
    }
  Incident incident;
  incident.scope = Scope::kModel;
  incident.model = "m0";  // dropped for a later one
  EXPECT_EQ(live.Of(incident), FailureConditions());
  incident.model = absl::StrCat("m", LiveConditions::kMaxModels);
  EXPECT_TRUE(live.Of(incident).any_replica);
}

}  // namespace
}  // namespace reasonwatch
