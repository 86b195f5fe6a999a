// SPDX-License-Identifier: Apache-2.0
#include "features/ending.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/scored.h"
#include "features/readings.h"

namespace reasonwatch {
namespace {

struct Ended {
  std::string reasoning = "";
  std::string answer = "";
  std::string finish = "stop";
  TransportEnd transport = TransportEnd::kComplete;
  int tool_calls = 0;
};

Scored Read(const Ended& e) {
  Trace t;
  t.has_text = true;
  if (!e.reasoning.empty()) t.reasoning = e.reasoning;
  t.answer = e.answer;
  t.finish_reason = e.finish;
  t.tool_calls = e.tool_calls;
  Response r;
  r.transport_end = e.transport;
  Scored s;
  s.lower_bound = e.transport != TransportEnd::kComplete;
  ReadTrace(t, "", s);
  ReadEnding(t, r, s);
  return s;
}

TEST(Ending, AnEmptyAnswerBehindAStop) {
  const Scored s = Read({.reasoning = "So it is 12.", .answer = " \n"});
  EXPECT_EQ(s.reading(Feature::kStopEmpty), 1);
  EXPECT_EQ(s.reading(Feature::kReasoningWithoutAnswer), 1);
  EXPECT_EQ(s.reading(Feature::kCutInTransport), 0);
  EXPECT_EQ(s.finish, Finish::kStop);
  const Scored whole = Read({.reasoning = "So it is 12.", .answer = "12"});
  EXPECT_EQ(whole.reading(Feature::kStopEmpty), 0);
  EXPECT_EQ(whole.reading(Feature::kReasoningWithoutAnswer), 0);
}

TEST(Ending, OtherReasonsAreNotAStop) {
  for (const char* finish :
       {"length", "max_tokens", "thinking_budget", "content_filter"}) {
    const Scored s = Read({.reasoning = "So far", .finish = finish});
    EXPECT_EQ(s.reading(Feature::kStopEmpty), 0) << finish;
    EXPECT_EQ(s.reading(Feature::kReasoningWithoutAnswer), 1) << finish;
  }
}

TEST(Ending, AToolCallNeedsNoAnswer) {
  const Scored s = Read(
      {.reasoning = "I call it.", .finish = "tool_calls", .tool_calls = 1});
  EXPECT_TRUE(std::isnan(s.reading(Feature::kStopEmpty)));
  EXPECT_TRUE(std::isnan(s.reading(Feature::kReasoningWithoutAnswer)));
}

TEST(Ending, AClientThatLeavesIsNoCutOfTheServers) {
  const Scored left = Read({.reasoning = "So far",
                            .finish = "",
                            .transport = TransportEnd::kClientAbort});
  EXPECT_TRUE(std::isnan(left.reading(Feature::kCutInTransport)));
  EXPECT_TRUE(std::isnan(left.reading(Feature::kReasoningWithoutAnswer)));
  const Scored reset = Read({.reasoning = "So far",
                             .finish = "",
                             .transport = TransportEnd::kUpstreamReset});
  EXPECT_EQ(reset.reading(Feature::kCutInTransport), 1);
}

TEST(Ending, AStreamWithoutAnEndWasCut) {
  Trace t;
  t.has_text = true;
  t.answer = "So";
  t.ended = false;
  Response r;
  r.body = "data: {}\n\n";
  r.body_type = BodyType::kSse;
  Scored s;
  ReadEnding(t, r, s);
  EXPECT_EQ(s.reading(Feature::kCutInTransport), 1);
  t.finish_reason = "stop";
  ReadEnding(t, r, s);
  EXPECT_EQ(s.reading(Feature::kCutInTransport), 0);
  // An end without a reason is one too.
  t.finish_reason = "";
  t.ended = true;
  ReadEnding(t, r, s);
  EXPECT_EQ(s.reading(Feature::kCutInTransport), 0);
}

TEST(Ending, AnAnswerOfAnotherMediumIsNotEmpty) {
  Trace t;
  t.has_text = true;
  t.finish_reason = "stop";
  Scored s;
  ReadEnding(t, {}, s);
  EXPECT_EQ(s.reading(Feature::kStopEmpty), 1);
  t.other_media = true;
  s = Scored();
  ReadEnding(t, {}, s);
  EXPECT_TRUE(std::isnan(s.reading(Feature::kStopEmpty)));
}

TEST(Ending, ACutSaysNothingOfMarkersThatItDidNotReach) {
  for (const Ended& cut :
       {Ended{.answer = "We add 5 and 7", .finish = "length"},
        Ended{.answer = "We add 5 and 7",
        .finish = "",
        .transport = TransportEnd::kUpstreamReset}}) {
    const Scored s = Read(cut);
    for (Feature f : {Feature::kBoxed, Feature::kAnswerTag, Feature::kSteps,
                      Feature::kJsonKeys})
      EXPECT_TRUE(std::isnan(s.reading(f))) << FeatureName(f);
  }
  // A mark that is present is reported even if the text was cut.
  EXPECT_EQ(Read({.answer = "\\boxed{12} and", .finish = "length"})
                .reading(Feature::kBoxed),
            1);
  // A spent thinking budget does not cut the answer.
  const Scored budget =
      Read({.answer = "It is 12.", .finish = "thinking_budget"});
  EXPECT_EQ(budget.reading(Feature::kBoxed), 0);
  EXPECT_EQ(budget.reading(Feature::kFinishLength), 0);
  EXPECT_EQ(budget.finish, Finish::kThinkingBudget);
}

}  // namespace
}  // namespace reasonwatch
