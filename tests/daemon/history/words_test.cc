// SPDX-License-Identifier: Apache-2.0
#include "daemon/history/words.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "detectors/signals/channel.h"

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kOnset = absl::FromCivil(
    absl::CivilSecond(2026, 3, 4, 14, 5, 0), absl::UTCTimeZone());

Incident LengthIncident() {
  Incident incident;
  incident.model = "heron";
  incident.route = "chat";
  incident.onset_time = kOnset;
  incident.opened = kOnset + absl::Minutes(3);
  IncidentSignal s;
  s.signal = Signal::kLengthCollapse;
  s.finding.channel = "length_collapse/reasoning_tokens";
  s.finding.effect = {.04, .03, .05, "ratio"};
  s.finding.affected_share = .93;
  s.finding.responses_since_onset = 100;
  incident.signals.push_back(s);
  incident.causes = {{"prompt_or_template_change", .7, "template differs"}};
  return incident;
}

Picture LengthPicture() {
  SignalPicture p;
  p.signal = "length_collapse";
  p.channel = "length_collapse/reasoning_tokens";
  p.unit = "tokens";
  p.expected.responses = 500;
  p.expected.value = 1250.4;
  p.now.value = 50;
  p.affected = 93;
  p.seen = 100;
  return {{p}, {}, {}};
}

TEST(Sentence, SaysAShortReasoningInNumbers) {
  EXPECT_EQ(SentenceOf(LengthIncident(), LengthPicture(), kOnset),
            "Reasoning is 4 % of its usual length (50 tokens, usually 1,250) "
            "in 93 of 100 responses of heron, route chat, since 14:05 UTC; "
            "likely prompt or template change");
}

TEST(Sentence, WithoutAPictureTakesTheFindingsNumbers) {
  EXPECT_EQ(SentenceOf(LengthIncident(), kOnset),
            "Reasoning is 4 % of its usual length in about 93 of 100 responses "
            "of heron, route chat, since 14:05 UTC; likely prompt or template "
            "change");
}

TEST(Sentence, SaysALongOneAsAMultiple) {
  Incident incident = LengthIncident();
  incident.signals[0].signal = Signal::kLengthRunaway;
  incident.signals[0].finding.channel = "length_runaway/output_tokens";
  incident.signals[0].finding.effect = {3.5, 3, 4, "ratio"};
  EXPECT_THAT(SentenceOf(incident, kOnset),
              StartsWith("The output is 3.5 times its usual length in about"));
}

TEST(Sentence, SaysARateWithItsUsualShare) {
  Incident incident = LengthIncident();
  incident.signals[0].signal = Signal::kRepetitionLoop;
  incident.signals[0].finding.channel = "repetition_loop/exact_period";
  incident.signals[0].finding.effect = {.31, .2, .4, "points"};
  incident.scope = Scope::kReplica;
  incident.replica = "gpu-3";
  Picture picture = LengthPicture();
  picture.signals[0].signal = "repetition_loop";
  picture.signals[0].expected.value = .004;
  picture.signals[0].affected = 31;
  EXPECT_EQ(SentenceOf(incident, picture, kOnset),
            "31 of 100 responses of heron, route chat, replica gpu-3 end in an "
            "endless loop (usually 0.4 %), since 14:05 UTC; likely prompt or "
            "template change");
  EXPECT_THAT(SentenceOf(incident, kOnset), HasSubstr("(+31 points)"));
}

TEST(Sentence, SaysProblemsThatFail) {
  Incident incident = LengthIncident();
  incident.signals[0].signal = Signal::kConsistencyRegression;
  incident.signals[0].finding.channel =
      "consistency_regression/graded_failures";
  incident.signals[0].finding.families = {{"algebra", 10, 4}, {"", 5, 1}};
  EXPECT_THAT(SentenceOf(incident, kOnset),
              StartsWith("5 of 15 problems that used to be solved fail now of "
                         "heron, route chat, since 14:05 UTC"));
}

TEST(Sentence, OfAClosedIncidentHasBothTimes) {
  Incident incident = LengthIncident();
  incident.closed = kOnset + absl::Minutes(90);
  EXPECT_THAT(SentenceOf(incident, kOnset + absl::Hours(2)),
              HasSubstr("from 14:05 UTC to 15:35 UTC"));
  EXPECT_THAT(SentenceOf(incident, kOnset + absl::Hours(240)),
              HasSubstr("from 4 Mar 2026, 14:05 UTC to 4 Mar 2026, 15:35 UTC"));
}

TEST(Sentence, NamesNoCauseThatIsNotKnown) {
  Incident incident = LengthIncident();
  incident.causes = {{"unknown", 1, ""}};
  EXPECT_THAT(SentenceOf(incident, kOnset), Not(HasSubstr("likely")));
}

TEST(Sentence, HoldsWithoutASignal) {
  Incident incident = LengthIncident();
  incident.signals.clear();
  incident.causes.clear();
  EXPECT_EQ(SentenceOf(incident, kOnset),
            "A change of heron, route chat, since 14:05 UTC");
}

// A channel's fault is in words of its own, not its name.
TEST(Fault, EveryChannelHasWords) {
  for (const ChannelSpec& spec : Channels()) {
    if (spec.question == Question::kFailed || IsLength(spec.feature)) continue;
    const std::string fault = FaultOf(spec.name);
    EXPECT_FALSE(fault.starts_with("show ") &&
                 spec.question != Question::kLow &&
                 spec.feature != Feature::kHabitsShown)
        << spec.name << ": " << fault;
    EXPECT_FALSE(fault.starts_with("lack ")) << spec.name << ": " << fault;
  }
  EXPECT_EQ(FaultOf("x/of_tomorrow"), "show of tomorrow");
}

}  // namespace
}  // namespace reasonwatch
