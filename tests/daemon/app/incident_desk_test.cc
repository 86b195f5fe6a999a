// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/incident_desk.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "core/scored.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_store.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const absl::Time kOnset = absl::FromUnixSeconds(1800000000);

Incident OpenIncident() {
  Incident i;
  i.id = "inc-000000000001";
  i.model = "m";
  i.route = "r";
  i.opened = kOnset + absl::Minutes(2);
  i.onset_time = kOnset;
  i.signals.resize(1);
  i.signals[0].signal = Signal::kLengthCollapse;
  i.signals[0].finding.channel = "length_collapse/reasoning_tokens";
  i.signals[0].finding.effect = {.5, .4, .6, "ratio"};
  return i;
}

IncidentEvent EventOf(const Incident& incident, IncidentEvent::Kind kind) {
  IncidentEvent event;
  event.kind = kind;
  event.incident = incident;
  return event;
}

// 60 responses of 1,000 tokens before the onset and 20 of 40 since.
void Feed(IncidentDesk& desk) {
  for (int i = 0; i < 80; ++i) {
    Scored s;
    s.model = "m";
    s.route = "r";
    s.id = "id-" + std::to_string(i);
    s.start = kOnset + (i - 60) * absl::Seconds(30) + absl::Seconds(1);
    s.reading(Feature::kReasoningTokens) =
        static_cast<float>(std::log2(i < 60 ? 1001. : 41.));
    desk.OnScored(s, ResponseOutcome::kScored, /*watched=*/true);
    // None of these is counted.
    desk.OnScored(s, ResponseOutcome::kScored, /*watched=*/false);
    desk.OnScored(s, ResponseOutcome::kNotLive, /*watched=*/true);
  }
}

class IncidentDeskTest : public ::testing::Test {
 protected:
  FakeStore store_;
  FakeClock clock_{kOnset + absl::Minutes(12)};
};

TEST_F(IncidentDeskTest, AnOpenIncidentHasItsNumbersForMetricsAndPage) {
  IncidentDesk desk(8, store_, clock_);
  Feed(desk);
  const Incident incident = OpenIncident();
  desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kOpened));
  const auto infos = desk.Infos("https://rw.example");
  ASSERT_EQ(infos.size(), 1u);
  EXPECT_EQ(infos[0].url, "https://rw.example/incidents/inc-000000000001");
  EXPECT_EQ(infos[0].affected, 20);
  EXPECT_EQ(infos[0].seen, 20);
  EXPECT_THAT(infos[0].sentence, HasSubstr("20 of 20 responses of m"));
  EXPECT_EQ(desk.SentenceOf(incident), infos[0].sentence);
  EXPECT_THAT(desk.StoryOf(incident), HasSubstr("id-79"));
  EXPECT_THAT(store_.LoadStory(incident.id).value(), HasSubstr("20 of 20"));
}

TEST_F(IncidentDeskTest, WordsAreRenewedAtMostOnceInFiveMinutes) {
  IncidentDesk desk(8, store_, clock_);
  Feed(desk);
  Incident incident = OpenIncident();
  desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kOpened));
  incident.causes = {{"gateway", 1, "evidence"}};
  desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kUpdated));
  EXPECT_THAT(desk.Infos("")[0].sentence, Not(HasSubstr("gateway")));
  clock_.Advance(absl::Minutes(5));
  EXPECT_THAT(desk.Infos("")[0].sentence, HasSubstr("likely gateway"));
  // A graver one is renewed at once.
  incident.causes = {{"decoding", 1, "evidence"}};
  incident.severity = Severity::kCritical;
  desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kUpdated));
  EXPECT_THAT(desk.Infos("")[0].sentence, HasSubstr("likely decoding"));
}

TEST_F(IncidentDeskTest, AClosedIncidentKeepsItsStoryAndLeavesTheMetrics) {
  IncidentDesk desk(8, store_, clock_);
  Feed(desk);
  Incident incident = OpenIncident();
  desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kOpened));
  incident.closed = clock_.Now();
  incident.close_reason = "recovered";
  desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kClosed));
  EXPECT_TRUE(desk.Infos("").empty());
  EXPECT_THAT(desk.StoryOf(incident), HasSubstr("20 of 20"));
  EXPECT_THAT(desk.StoryOf(incident), HasSubstr("from "));
}

TEST_F(IncidentDeskTest, ARestartLosesNoNumbers) {
  const Incident incident = OpenIncident();
  {
    IncidentDesk desk(8, store_, clock_);
    Feed(desk);
    desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kOpened));
    desk.SaveAll();
  }
  IncidentDesk desk(8, store_, clock_);
  desk.Restore({incident});
  clock_.Advance(absl::Minutes(10));
  ASSERT_EQ(desk.Infos("").size(), 1u);
  EXPECT_THAT(desk.Infos("")[0].sentence, HasSubstr("20 of 20"));
  EXPECT_THAT(desk.SentenceOf(incident), HasSubstr("20 of 20"));
  EXPECT_THAT(desk.StoryOf(incident), HasSubstr("20 of 20"));
  desk.SaveAll();
  EXPECT_THAT(store_.LoadStory(incident.id).value(), HasSubstr("20 of 20"));
}

TEST_F(IncidentDeskTest, HoldsABoundedNumberOfIncidents) {
  IncidentDesk desk(8, store_, clock_);
  Incident incident = OpenIncident();
  for (int i = 0; i < 300; ++i) {
    incident.id = "inc-" + std::to_string(i);
    desk.OnIncident(EventOf(incident, IncidentEvent::Kind::kOpened));
  }
  EXPECT_EQ(desk.Infos("").size(), 256u);
  // The others have words all the same.
  EXPECT_THAT(desk.SentenceOf(incident), HasSubstr("50 % of its usual"));
}

}  // namespace
}  // namespace reasonwatch
