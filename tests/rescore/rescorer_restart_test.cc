// SPDX-License-Identifier: Apache-2.0
// Restarts and lost messages: state survives, and no question is asked twice.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/rescore/rescorer_fixture.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using RescorerRestartTest = RescorerFixture;

TEST_F(RescorerRestartTest, ARestartAsksTheRenewedQuestionAndNotTheOldOne) {
  bool healthy = true;
  Start([&](const SampleRequest&) { return healthy; });
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(14));
  const size_t old_jobs = Jobs().size();
  healthy = false;
  Finding more = CriticalFinding(Signal::kConsistencyRegression, 1e11);
  more.event = FindingEvent::kUpdated;
  more.renewed = true;
  Report(more);
  clock_.Advance(absl::Minutes(1));
  Restart();
  Run(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[1].kind, VerdictKind::kConfirmed);
  // The number goes on above the echo that the incident brings.
  EXPECT_GT(emitted_[1].sequence, emitted_[0].sequence);
  // Samples that passed before the renewal don't count.
  EXPECT_EQ(emitted_[1].pass_rate, 0);
  EXPECT_GT(Jobs().size(), old_jobs);
}

TEST_F(RescorerRestartTest, AnIncidentThatHasNotHeardItsVerdictStartsNothing) {
  Start([](const SampleRequest&) { return true; });
  Open(Signal::kConsistencyRegression);
  const Incident before = Now();
  Run(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_GT(emitted_[0].sequence, before.verdict_sequence);
  EXPECT_EQ(Now().verdict_sequence, emitted_[0].sequence);
  const size_t jobs = Jobs().size();
  // The state before the verdict reached it, for however long, and then the
  // state after.
  rescorer_->Observe(before);
  RunOn(absl::Minutes(5));
  EXPECT_EQ(Jobs().size(), jobs);
  rescorer_->Observe(Now());
  RunOn(absl::Minutes(5));
  EXPECT_EQ(Jobs().size(), jobs);
  EXPECT_EQ(emitted_.size(), 1u);
}

// A crash between the emitted verdict and the stored incident: while the fault
// search is still going on, and when all jobs are finished already.
TEST_F(RescorerRestartTest,
       AVerdictThatACrashLostIsDecidedAgainFromItsSamples) {
  for (const bool passes : {false, true}) {
    store_.Clear();
    book_ = IncidentBook({.can_confirm = true});
    emitted_.clear();
    loses_verdicts_ = true;
    Start([passes](const SampleRequest&) { return passes; });
    Open(Signal::kConsistencyRegression);
    Run(absl::Minutes(14));
    ASSERT_EQ(emitted_.size(), 1u) << passes;
    if (passes) {
      // Nothing is asked anew while the incident has not heard its verdict.
      RunOn(absl::Minutes(5));
      EXPECT_EQ(emitted_.size(), 1u);
      for (const RescoreJob& job : Jobs()) EXPECT_TRUE(job.done());
    }
    EXPECT_EQ(Now().confirmation, Confirmation::kPending);
    const size_t asked = client_->requests().size();
    loses_verdicts_ = false;
    Restart();
    Run(absl::Minutes(1));
    ASSERT_EQ(emitted_.size(), 2u) << passes;
    EXPECT_EQ(client_->requests().size(), asked);
    EXPECT_EQ(emitted_[1].kind, emitted_[0].kind);
    EXPECT_EQ(emitted_[1].samples, emitted_[0].samples);
    EXPECT_EQ(emitted_[1].failures, emitted_[0].failures);
    EXPECT_EQ(Now().confirmation,
              passes ? Confirmation::kNotReproduced : Confirmation::kConfirmed);
    EXPECT_EQ(Now().verdict_sequence, emitted_[1].sequence);
  }
}

// The verdict reaches an incident that has just closed: it changes nothing
// there, and does not keep the incident from asking anew when it reopens.
TEST_F(RescorerRestartTest, AVerdictThatMissesItsIncidentDoesNotSilenceIt) {
  Start([](const SampleRequest&) { return true; });
  loses_verdicts_ = true;
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 1u);
  Finding finding = CriticalFinding(Signal::kConsistencyRegression);
  finding.event = FindingEvent::kClosed;
  Report(finding);
  EXPECT_TRUE(book_.Open().empty());
  EXPECT_FALSE(book_.ApplyVerdict(emitted_[0]).has_value());
  loses_verdicts_ = false;
  finding.event = FindingEvent::kOpened;
  Report(finding);
  EXPECT_EQ(Now().confirmation, Confirmation::kPending);
  EXPECT_EQ(Now().verdict_sequence, emitted_[0].sequence);
  Run(absl::Minutes(14));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_GT(emitted_[1].sequence, emitted_[0].sequence);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
}

TEST_F(RescorerRestartTest, AVerdictThatIsLateComesAfterARestartToo) {
  Start([](const SampleRequest&) { return true; });
  client_->SetLoad(LoadReading{3, 8, .95});
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(16));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kUnavailable);
  Restart();
  client_->SetLoad(LoadReading{0, 0, .1});
  Run(absl::Minutes(30));
  ASSERT_EQ(emitted_.size(), 2u);
  EXPECT_EQ(emitted_[1].kind, VerdictKind::kNotReproduced);
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
}

TEST_F(RescorerRestartTest, ARestartGoesOnWhereItWas) {
  RescorerOptions options;
  options.localise = false;
  Start([](const SampleRequest& r) { return StableHash(r.id) % 3 != 0; },
        options);
  Open(Signal::kConsistencyRegression);
  int restarts = 0;
  while (emitted_.empty() && restarts < 500) {
    clock_.Advance(absl::Seconds(31));
    rescorer_->Step();
    clock_.Advance(absl::Seconds(31));
    rescorer_->Step();
    ++restarts;
    if (emitted_.empty()) Restart(options);
  }
  ASSERT_FALSE(emitted_.empty());
  // Nothing was asked twice.
  std::set<std::string> ids;
  for (const SampleRequest& r : client_->requests())
    EXPECT_TRUE(ids.insert(r.id).second) << r.id;
}

}  // namespace
}  // namespace reasonwatch
