// SPDX-License-Identifier: Apache-2.0
// A day of made-up responses: their counts by time, the pictures that are drawn
// of them, and the bounds.
//
// In order: one stream, pictures, many streams.
#include "daemon/history/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/scored.h"
#include "daemon/history/stream_history.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;

const absl::Time kNoon = absl::FromUnixSeconds(1800000000 - 1800000000 % 3600);

Scored Response(absl::Time start, double tokens, std::string_view id = "r") {
  Scored s;
  s.id = std::string(id);
  s.start = start;
  s.model = "m";
  s.route = "r";
  s.reading(Feature::kReasoningTokens) =
      static_cast<float>(std::log2(1 + tokens));
  s.reading(Feature::kBoxed) = tokens > 100 ? 1 : 0;
  return s;
}

Incident LengthIncident(absl::Time onset) {
  Incident incident;
  incident.id = "inc-000000000001";
  incident.model = "m";
  incident.route = "r";
  incident.onset_time = onset;
  incident.opened = onset + absl::Minutes(5);
  IncidentSignal s;
  s.signal = Signal::kLengthCollapse;
  s.finding.channel = "length_collapse/reasoning_tokens";
  incident.signals.push_back(s);
  s.signal = Signal::kFormatMarkers;
  s.finding.channel = "format_markers/boxed_vanishes";
  incident.signals.push_back(s);
  return incident;
}

// 100 responses of 1,000 to 1,400 tokens in the hour before noon, 40 of 50
// tokens on replica b and 10 healthy ones on replica a after it.
void FillDay(History& history) {
  for (int i = 0; i < 100; ++i)
    history.Observe(Response(kNoon - absl::Minutes(60) + i * absl::Seconds(36),
                             1000 + 4 * i, "old"));
  for (int i = 0; i < 50; ++i) {
    const bool healthy = i % 5 == 0;
    Scored s = Response(kNoon + i * absl::Seconds(10), healthy ? 1200 : 50,
                        "new-" + std::to_string(i));
    s.replica = healthy ? "a" : "b";
    s.trace_id = "trace-" + std::to_string(i);
    history.Observe(s);
  }
}

TEST(StreamHistory, AddsMinutesThatLeaveTheHourToTenMinutes) {
  StreamHistory history;
  for (int minute = 0; minute < 200; ++minute)
    for (int i = 0; i < 2; ++i)
      history.Observe(Response(kNoon + minute * absl::Minutes(1), 100));
  int64_t fine = 0;
  int64_t coarse = 0;
  absl::Time last = absl::InfinitePast();
  history.ForEachSlot(
      [&](absl::Time, absl::Duration span, const HistorySlot& slot) {
        (span == StreamHistory::kFine ? fine : coarse) += slot.responses;
      });
  EXPECT_EQ(fine, 120);
  EXPECT_EQ(coarse, 280);
  history.ForEachSlot(
      [&](absl::Time begin, absl::Duration span, const HistorySlot& slot) {
        if (span != StreamHistory::kCoarse) return;
        EXPECT_GT(begin, last);
        EXPECT_LE(slot.responses, 20);
        EXPECT_EQ(slot.reasoning[static_cast<size_t>(
                      LengthBin(static_cast<float>(std::log2(101.))))],
                  slot.responses);
        last = begin;
      });
}

TEST(StreamHistory, CountsALateResponseWhereItBelongs) {
  StreamHistory history;
  history.Observe(Response(kNoon, 100));
  history.Observe(Response(kNoon - absl::Hours(3), 100));   // to ten minutes
  history.Observe(Response(kNoon - absl::Hours(60), 100));  // to another day's
  history.Observe(Response(kNoon - absl::Hours(24) - absl::Hours(3), 100));
  std::vector<absl::Time> begins;
  history.ForEachSlot(
      [&](absl::Time begin, absl::Duration, const HistorySlot& slot) {
        EXPECT_EQ(slot.responses, 1);
        begins.push_back(begin);
      });
  // The last is a day older than the second, whose place it would take.
  EXPECT_EQ(begins.size(), 3u);
  EXPECT_EQ(begins.back(), kNoon);
}

TEST(StreamHistory, AFullSlotAddsNothing) {
  HistorySlot full;
  full.responses = UINT16_MAX;
  HistorySlot one;
  one.responses = 1;
  one.shown[0] = 1;
  full.Add(one);
  EXPECT_EQ(full.responses, UINT16_MAX);
  EXPECT_EQ(full.shown[0], 0);
}

TEST(StreamHistory, NamesAreBounded) {
  StreamHistory history;
  for (int i = 0; i < 300; ++i) {
    Scored s = Response(kNoon, 100);
    s.replica = "replica-" + std::to_string(i);
    history.Observe(s);
  }
  ASSERT_EQ(history.recent().size(), StreamHistory::kRecent);
  for (const RecentRow& row : history.recent())
    EXPECT_EQ(history.NameAt(row.replica), "other");
}

TEST(History, PictureHasBandNumbersCarriersAndExamples) {
  History history(8);
  FillDay(history);
  const Story story =
      history.StoryOf(LengthIncident(kNoon), kNoon + absl::Minutes(20));
  ASSERT_EQ(story.picture.signals.size(), 2u);
  const SignalPicture& length = story.picture.signals[0];
  EXPECT_EQ(length.unit, "tokens");
  EXPECT_EQ(length.expected.responses, 100);
  EXPECT_NEAR(length.expected.value, 1200, 150);
  EXPECT_GT(length.expected.low, 950);
  EXPECT_LT(length.expected.high, 1500);
  EXPECT_NEAR(length.now.value, 50, 12);
  EXPECT_EQ(length.affected, 40);
  EXPECT_EQ(length.seen, 50);
  EXPECT_FALSE(length.points.empty());
  int64_t before = 0;
  int64_t since = 0;
  for (const PictureBucket& b : length.buckets) {
    before += b.before;
    since += b.since;
    EXPECT_LT(b.from, b.to);
  }
  EXPECT_EQ(before, 100);
  EXPECT_EQ(since, 50);

  const SignalPicture& boxed = story.picture.signals[1];
  EXPECT_EQ(boxed.unit, "share");
  EXPECT_EQ(boxed.affected, 40);
  EXPECT_DOUBLE_EQ(boxed.now.value, .8);
  EXPECT_DOUBLE_EQ(boxed.expected.value, 0);

  std::map<std::string, std::pair<int64_t, int64_t>> replicas;
  for (const PictureCarrier& c : story.picture.carriers)
    if (c.kind == "replica") replicas[c.name] = {c.affected, c.seen};
  EXPECT_EQ(replicas["b"], std::make_pair(int64_t{40}, int64_t{40}));
  EXPECT_EQ(replicas["a"], std::make_pair(int64_t{0}, int64_t{10}));

  ASSERT_EQ(story.picture.examples.size(), 10u);
  EXPECT_TRUE(story.picture.examples[0].affected);
  EXPECT_THAT(story.picture.examples[0].trace_id, HasSubstr("trace-"));
  EXPECT_FALSE(story.picture.examples[9].affected);
  EXPECT_EQ(story.picture.examples[9].value, 1200);
}

TEST(History, AStreamOfAnotherRouteIsNoPartOfARouteIncident) {
  History history(8);
  FillDay(history);
  Scored other = Response(kNoon + absl::Minutes(1), 7);
  other.route = "other";
  for (int i = 0; i < 30; ++i) history.Observe(other);
  Incident incident = LengthIncident(kNoon);
  EXPECT_EQ(history.StoryOf(incident, kNoon).picture.signals[0].seen, 50);
  incident.scope = Scope::kModel;
  EXPECT_EQ(history.StoryOf(incident, kNoon).picture.signals[0].seen, 80);
}

TEST(History, WithoutAPastThereIsNoBand) {
  History history(8);
  for (int i = 0; i < 19; ++i)
    history.Observe(Response(kNoon - absl::Minutes(i + 2), 1000));
  history.Observe(Response(kNoon + absl::Minutes(1), 10));
  const Picture picture = history.StoryOf(LengthIncident(kNoon), kNoon).picture;
  EXPECT_EQ(picture.signals[0].expected.responses, 0);
  EXPECT_TRUE(std::isnan(picture.signals[0].expected.value));
  EXPECT_EQ(picture.signals[0].affected, 0);
  EXPECT_EQ(picture.signals[0].seen, 1);
}

// More responses in a minute than are known one by one: those since the onset
// are, and the rest of the minute came before it.
TEST(History, AFullMinuteIsCutAtTheOnset) {
  History history(8);
  const absl::Time onset = kNoon + absl::Seconds(21);
  for (int i = 0; i < 700; ++i)
    history.Observe(Response(kNoon + i * absl::Milliseconds(30), 1000));
  for (int i = 0; i < 60; ++i)
    history.Observe(Response(onset + i * absl::Milliseconds(30), 10));
  const SignalPicture length =
      history.StoryOf(LengthIncident(onset), kNoon + absl::Minutes(1))
          .picture.signals[0];
  EXPECT_EQ(length.expected.responses, 700);
  EXPECT_NEAR(length.expected.value, 1000, 150);
  EXPECT_EQ(length.seen, 60);
  EXPECT_EQ(length.affected, 60);

  // Not where the latest responses do not reach back to it: then the minute is
  // counted where its middle lies.
  for (int i = 0; i < 130; ++i)
    history.Observe(Response(onset + absl::Seconds(2), 10));
  EXPECT_EQ(history.StoryOf(LengthIncident(onset), kNoon + absl::Minutes(1))
                .picture.signals[0]
                .seen,
            890);
}

TEST(History, LeavesOutResponsesOfTheFuture) {
  History history(8);
  history.SetNow(kNoon);
  history.Observe(Response(kNoon + absl::Minutes(9), 10));
  history.Observe(Response(kNoon + absl::Hours(24 * 365), 10));
  history.Observe(Response(absl::InfinitePast(), 10));
  ASSERT_EQ(history.Sparks().size(), 1u);
  ASSERT_EQ(history.Sparks()[0].points.size(), 1u);
  EXPECT_EQ(history.Sparks()[0].points[0].responses, 1);
}

TEST(History, KeepsABoundedNumberOfStreams) {
  History history(3);
  for (int i = 0; i < 10; ++i) {
    Scored s = Response(kNoon, 100);
    s.route = std::to_string(i);
    history.Observe(s);
  }
  const auto sparks = history.Sparks();
  ASSERT_EQ(sparks.size(), 3u);
  EXPECT_EQ(sparks[0].route, "0");
  EXPECT_EQ(sparks[2].route, "2");
}

TEST(History, SparkHasAPointForEachTenMinutes) {
  History history(8);
  FillDay(history);
  const StreamSpark spark = history.Sparks().at(0);
  EXPECT_EQ(spark.model, "m");
  EXPECT_EQ(spark.step, absl::Minutes(10));
  ASSERT_EQ(spark.points.size(), 7u);
  EXPECT_GT(spark.points.front().value, 900);
  EXPECT_LT(spark.points.back().value, 100);
  EXPECT_EQ(spark.expected.responses, 150);
}

}  // namespace
}  // namespace reasonwatch
