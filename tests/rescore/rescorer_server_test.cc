// SPDX-License-Identifier: Apache-2.0
// A server that is busy, slow, broken or over its budget.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/rescore/rescorer_fixture.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using RescorerServerTest = RescorerFixture;

TEST_F(RescorerServerTest, AShutGateEndsInACriticalAlertWithin16Minutes) {
  Start([](const SampleRequest&) { return true; });
  client_->SetLoad(LoadReading{3, 8, .95});
  // Too few of them to page without a verdict.
  Finding loop = CriticalFinding(Signal::kRepetitionLoop);
  loop.effect = {.15, .1, .2, "points"};
  Report(loop);
  EXPECT_EQ(Now().severity, Severity::kWarning);
  Run(absl::Minutes(16));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kUnavailable);
  EXPECT_EQ(emitted_[0].reason, "gate_shut");
  EXPECT_LE(clock_.Now() - kBegin, absl::Minutes(16));
  EXPECT_EQ(Now().confirmation, Confirmation::kUnavailable);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  EXPECT_THAT(client_->requests(), testing::IsEmpty());
  // A verdict that comes later still counts.
  client_->SetLoad(LoadReading{0, 0, .1});
  Run(absl::Hours(1));
  EXPECT_EQ(Now().confirmation, Confirmation::kNotReproduced);
}

TEST_F(RescorerServerTest, YieldsTheQuestionUnderWayAndAsksItLater) {
  Start([](const SampleRequest&) { return true; });
  int interruptions = 0;
  client_->SetDuring([&] {
    if (++interruptions > 1) return;
    client_->SetLoad(LoadReading{1, 5, .5});
    rescorer_->Watch();
  });
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(2));
  EXPECT_EQ(rescorer_->Counters().yielded, 1);
  EXPECT_EQ(rescorer_->Counters().samples, 0);
  EXPECT_FALSE(rescorer_->Counters().gate_open);
  EXPECT_EQ(client_->requests().size(), 1u);
  client_->SetLoad(LoadReading{0, 0, .1});
  Run(absl::Minutes(10));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(client_->requests()[0].id, client_->requests()[1].id);
  EXPECT_THAT(rescorer_->Counters().errors, testing::IsEmpty());
}

TEST_F(RescorerServerTest, EveryFaultIsCountedByNameAndNeverConfirms) {
  const std::vector<std::pair<std::string, std::function<void(FakeClient&)>>>
      faults = {
          {"deadline_exceeded",
           [](FakeClient& c) { c.SetFault(absl::DeadlineExceededError("")); }},
          {"unavailable",
           [](FakeClient& c) { c.SetFault(absl::UnavailableError("")); }},
          {"data_loss",
           [](FakeClient& c) { c.SetFault(absl::DataLossError("")); }},
          {"cancelled",
           [](FakeClient& c) { c.SetFault(absl::CancelledError("")); }},
          {"http_500", [](FakeClient& c) { c.SetHttpStatus(500); }},
          {"no_response", [](FakeClient& c) { c.SetNoResponse(); }},
          {"unreadable", [](FakeClient& c) { c.SetGarbage(); }},
      };
  for (const auto& [name, make] : faults) {
    store_.Clear();
    book_ = IncidentBook({.can_confirm = true});
    emitted_.clear();
    Start([](const SampleRequest&) { return false; });
    make(*client_);
    Open(Signal::kConsistencyRegression);
    RunOn(absl::Hours(2));
    ASSERT_EQ(emitted_.size(), 2u) << name;
    EXPECT_EQ(emitted_[0].kind, VerdictKind::kUnavailable) << name;
    EXPECT_EQ(emitted_[0].reason, name);
    EXPECT_EQ(emitted_[1].kind, VerdictKind::kUndecided) << name;
    EXPECT_EQ(emitted_[1].reason, name);
    EXPECT_GT(rescorer_->Counters().errors[name], 0) << name;
    EXPECT_EQ(rescorer_->Counters().samples, 0) << name;
    // Backed off: a minute between two at last.
    EXPECT_LE(client_->requests().size(), 40u) << name;
    EXPECT_EQ(Now().confirmation, Confirmation::kUnavailable) << name;
  }
}

TEST_F(RescorerServerTest, SpendsNoMoreThanItsBudget) {
  RescorerOptions options;
  options.tokens_per_hour = 440;  // two samples of 220
  options.localise = false;
  Start([](const SampleRequest& r) { return StableHash(r.id) % 8 != 0; },
        options);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  EXPECT_GE(rescorer_->Counters().samples, 2);
  EXPECT_LE(rescorer_->Counters().samples, 4);
  EXPECT_EQ(emitted_.front().reason, "budget");
  // A restart does not fill it up.
  const auto before = client_->requests().size();
  Restart(options);
  RunOn(absl::Minutes(1));
  EXPECT_LE(client_->requests().size(), before + 1);
}

TEST_F(RescorerServerTest, AQuestionWithoutAnAnswerIsPaidByItsTime) {
  RescorerOptions options;
  options.tokens_per_hour = 2000;
  options.timeout = absl::Minutes(1);
  Start([](const SampleRequest&) { return true; }, options);
  // Every question takes the whole of its time, and up to its last token.
  client_->SetDuring([&] { clock_.Advance(absl::Seconds(58)); });
  client_->SetFault(absl::DeadlineExceededError(""));
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(30));
  const auto asked = client_->requests().size();
  const auto most = static_cast<double>(client_->requests()[0].max_tokens);
  EXPECT_GE(asked, 1u);
  EXPECT_LE(static_cast<double>(asked), 1 + 3000 / most);
  // A restart does not give back the tokens spent on them.
  Restart(options);
  RunOn(absl::Minutes(2));
  EXPECT_LE(client_->requests().size(), asked + 1);
}

TEST_F(RescorerServerTest, AQuestionUnderWayDoesNotHoldUpTheAlert) {
  Start([](const SampleRequest&) { return true; });
  // Each takes nearly all of its five minutes.
  client_->SetDuring([&] {
    for (int i = 0; i < 740 && !*client_->requests().back().stop; ++i) {
      clock_.Advance(absl::Milliseconds(400));
      rescorer_->Watch();
    }
  });
  Open(Signal::kConsistencyRegression);
  Run(absl::Minutes(25));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kUnavailable);
  EXPECT_EQ(emitted_[0].reason, "slow");
  EXPECT_LE(emitted_[0].time - kBegin, absl::Minutes(16));
  EXPECT_EQ(rescorer_->Counters().yielded, 1);
  EXPECT_EQ(Now().severity, Severity::kCritical);
}

TEST_F(RescorerServerTest, AsksNothingWhileTheStoreRefuses) {
  Start([](const SampleRequest&) { return true; });
  store_.SetRefuses(true);
  Open(Signal::kConsistencyRegression);
  RunOn(absl::Minutes(5));
  EXPECT_THAT(client_->requests(), testing::IsEmpty());
  EXPECT_GT(rescorer_->Counters().errors["not_stored"], 0);
  store_.SetRefuses(false);
  Run(absl::Minutes(10));
  EXPECT_FALSE(emitted_.empty());
}

}  // namespace
}  // namespace reasonwatch
