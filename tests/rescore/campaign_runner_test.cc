// SPDX-License-Identifier: Apache-2.0
// Campaigns in virtual time: the questions for an incident, and the verdict
// that comes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/rescore/rescorer_fixture.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using CampaignRunnerTest = RescorerFixture;

TEST_F(CampaignRunnerTest, ConfirmsALossAndPagesOnlyThen) {
  Start([](const SampleRequest&) { return false; });
  Open(Signal::kConsistencyRegression);
  EXPECT_EQ(Now().confirmation, Confirmation::kPending);
  EXPECT_EQ(Now().severity, Severity::kWarning);
  Run(absl::Minutes(15));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kConfirmed);
  EXPECT_LE(emitted_[0].samples, 10);
  EXPECT_EQ(emitted_[0].pass_rate, 0);
  EXPECT_GT(emitted_[0].baseline_pass_rate, .8);
  EXPECT_EQ(Now().confirmation, Confirmation::kConfirmed);
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(CampaignRunnerTest, WhatWasNotReproducedIsAskedAgainWhereItIsRenewed) {
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
  EXPECT_EQ(Now().severity, Severity::kWarning);
  EXPECT_THAT(*store_.LoadRescoreJobs(absl::InfiniteFuture()),
              testing::IsEmpty());
  Finding more = CriticalFinding(Signal::kConsistencyRegression, 1e11);
  more.event = FindingEvent::kUpdated;
  Report(more);
  RunOn(absl::Minutes(5));
  EXPECT_EQ(emitted_.size(), 1u);
  // Harmless still: asked, and cleared once more.
  more.renewed = true;
  Report(more);
  EXPECT_EQ(Now().confirmation, Confirmation::kPending);
  Run(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[1].kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
  // A real loss this time, renewed before a minute has passed.
  healthy = false;
  more.statistic = 1e14;
  Report(more);
  Run(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 3u);
  EXPECT_EQ(emitted_[2].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  std::set<std::string> ids;
  for (const SampleRequest& r : client_->requests())
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
}

TEST_F(CampaignRunnerTest, AnOperatorAsksAgainWhateverTheVerdict) {
  bool healthy = false;
  Start([&](const SampleRequest&) { return healthy; });
  Open(Signal::kConsistencyRegression);
  // Its first verdict is awaited.
  EXPECT_EQ(rescorer_->AskAgain(Now()).code(),
            absl::StatusCode::kFailedPrecondition);
  Run(absl::Minutes(15));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(Now().confirmation, Confirmation::kConfirmed);
  RunOn(absl::Minutes(30));
  const size_t asked = client_->requests().size();
  healthy = true;
  ASSERT_TRUE(rescorer_->AskAgain(Now()).ok());
  // A second press of the button.
  EXPECT_EQ(rescorer_->AskAgain(Now()).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(Now().confirmation, Confirmation::kConfirmed);
  const size_t emitted = emitted_.size();
  Run(absl::Minutes(30));
  ASSERT_GT(emitted_.size(), emitted);
  EXPECT_EQ(emitted_.back().kind, VerdictKind::kNotReproduced);
  EXPECT_GT(client_->requests().size(), asked);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
  // An incident that is over is not asked about.
  Incident closed = Now();
  closed.closed = clock_.Now();
  EXPECT_EQ(rescorer_->AskAgain(closed).code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST_F(CampaignRunnerTest, FailuresSeenLiveAreAskedFirstAndGiveTheAdvantage) {
  std::set<std::string> asked;
  Start([&](const SampleRequest& r) {
    asked.insert(r.messages_json);
    return StableHash(r.id) % 4 == 0;
  });
  for (uint64_t p = 11; p < 21; ++p) {
    Scored failed = ScoredTrial(p, false);
    failed.start = kBegin;
    rescorer_->Observe(failed);
  }
  Scored passed = ScoredTrial(30, true);
  rescorer_->Observe(passed);
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(15));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kConfirmed);
  EXPECT_LE(asked.size(), 10u);
  for (const RescoreJob& job : Jobs())
    EXPECT_EQ(job.trigger, RescoreTrigger::kFailure);
}

TEST_F(CampaignRunnerTest, ASymptomOnANeighbourMakesItACandidate) {
  Start([](const SampleRequest&) { return true; });
  Scored near = ScoredTrial(0xfeed, true);  // in no baseline
  near.match.kind = MatchKind::kNear;
  near.match.neighbour = 5;
  near.match.distance = .2f;
  near.grade = Grade::kNotGraded;
  near.start = kBegin;
  rescorer_->Observe(near);  // nothing wrong with it
  near.match.neighbour = 6;
  near.reading(Feature::kSingleSentence) = 1;
  rescorer_->Observe(near);
  Open(Signal::kLengthCollapse);
  rescorer_->Step();
  int chosen = 0;
  for (const RescoreJob& job : Jobs()) {
    if (job.trigger != RescoreTrigger::kNear) continue;
    ++chosen;
    EXPECT_EQ(job.problem, 6u);
  }
  EXPECT_EQ(chosen, 1);
}

TEST_F(CampaignRunnerTest, LoopsInAFifthOfResponsesPageWithoutAsking) {
  Start([](const SampleRequest&) { return true; });
  client_->SetLoad(LoadReading{3, 8, .95});
  Finding loop = CriticalFinding(Signal::kRepetitionLoop);
  loop.channel = "repetition_loop/exact_period";
  loop.effect = {.3, .2, .4, "points"};
  Report(loop);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  EXPECT_EQ(Now().confirmation, Confirmation::kPending);
}

TEST_F(CampaignRunnerTest, WhereNobodyCanBeAskedItSaysSoAtOnce) {
  Start([](const SampleRequest&) { return true; });
  problems_ = 0;
  Restart();
  Open(Signal::kLengthCollapse);
  Run(absl::Seconds(1));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].reason, "no_problem");
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(CampaignRunnerTest, AskedByHand) {
  Start([](const SampleRequest&) { return true; });
  EXPECT_TRUE(absl::IsNotFound(rescorer_->Ask("m", 999).status()));
  ASSERT_TRUE(rescorer_->Ask("m", 2).ok());
  Run(absl::Minutes(5));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].problem, 2u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kNotReproduced);
}

TEST_F(CampaignRunnerTest, SendsTheQuestionAsTheBaselineAskedIt) {
  Start([](const SampleRequest&) { return true; });
  ASSERT_TRUE(rescorer_->Ask("m", 2).ok());
  Run(absl::Minutes(5));
  const SampleRequest r = client_->requests().front();
  EXPECT_EQ(r.model, "m");
  EXPECT_EQ(r.messages_json,
            "[{\"role\":\"user\",\"content\":\"What is 2 + 1?\"}]");
  EXPECT_EQ(r.temperature, .7);
  EXPECT_EQ(r.top_p, .95);
  EXPECT_EQ(r.id.substr(0, 3), "rw-");
  EXPECT_EQ(r.cache_salt, "");
  EXPECT_NE(r.seed, client_->requests()[1].seed);
}

TEST_F(CampaignRunnerTest, FewTrialsAreMadeUpForByTheReference) {
  trials_ = 1;
  problems_ = 4;
  FakeClient reference(clock_, [](const SampleRequest&) { return true; });
  endpoints_.reference = &reference;
  Start([](const SampleRequest&) { return false; });
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kConfirmed);
  EXPECT_FALSE(reference.requests().empty());
}

TEST_F(CampaignRunnerTest, AClosedIncidentIsAskedNoMore) {
  Start([](const SampleRequest& r) { return StableHash(r.id) % 3 != 0; });
  Open(Signal::kConsistencyRegression);
  clock_.Advance(absl::Seconds(31));
  rescorer_->Step();
  Finding closed = CriticalFinding(Signal::kConsistencyRegression);
  closed.event = FindingEvent::kClosed;
  Report(closed);
  RunOn(absl::Minutes(20));
  EXPECT_THAT(emitted_, testing::IsEmpty());
  EXPECT_LE(client_->requests().size(), 1u);
  for (const RescoreJob& job : Jobs()) EXPECT_EQ(job.reason, "closed");
}

}  // namespace
}  // namespace reasonwatch
