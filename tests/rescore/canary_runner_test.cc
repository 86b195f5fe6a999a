// SPDX-License-Identifier: Apache-2.0
// Canaries, with and without an alarm.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/rescore/rescorer_fixture.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using CanaryRunnerTest = RescorerFixture;

TEST_F(CanaryRunnerTest, CanariesRotateAndOneThatFailsIsAskedAgain) {
  RescorerOptions options;
  options.canaries_per_hour = 60;
  problems_ = 8;
  Start(
      [&](const SampleRequest& r) {
        return r.messages_json.find("What is 3 ") == std::string::npos;
      },
      options);
  RunOn(absl::Minutes(12));
  ASSERT_EQ(emitted_.size(), 1u);
  EXPECT_EQ(emitted_[0].kind, VerdictKind::kConfirmed);
  EXPECT_EQ(emitted_[0].problem, 3u);
  EXPECT_EQ(emitted_[0].incident, "");
  std::set<uint64_t> asked;
  for (const RescoreJob& job : Jobs()) asked.insert(job.problem);
  EXPECT_EQ(asked.size(), 8u);
}

// No live response ever comes.
TEST_F(CanaryRunnerTest, CanariesWatchAQuietService) {
  RescorerOptions options;
  options.canaries_per_hour = 30;
  double loss = 0;
  // Fails an eighth of the questions, as the baseline did.
  Start(
      [&](const SampleRequest& r) {
        const double u = static_cast<double>(StableHash(r.id) % 10000) / 10000;
        return u < 7. / 8 * (1 - loss);
      },
      options);
  RunOn(absl::Hours(72));
  for (const Verdict& v : emitted_) EXPECT_EQ(v.incident, "");
  EXPECT_TRUE(book_.Open().empty());
  loss = .5;
  const absl::Time lost = clock_.Now();
  while (book_.Open().empty() && clock_.Now() < lost + absl::Hours(24))
    clock_.Advance(rescorer_->Step());
  ASSERT_EQ(book_.Open().size(), 1u);
  EXPECT_LE(clock_.Now() - lost, absl::Hours(2));
  EXPECT_EQ(Now().confirmation, Confirmation::kConfirmed);
  EXPECT_EQ(Now().severity, Severity::kCritical);
  EXPECT_EQ(Now().scope, Scope::kModel);
  EXPECT_EQ(Now().signals[0].signal, Signal::kConsistencyRegression);
  EXPECT_EQ(Now().signals[0].finding.channel, kCanaryChannel);
  EXPECT_LT(Now().signals[0].finding.effect.high, 0);
  EXPECT_EQ(event_.kind, IncidentEvent::Kind::kOpened);
  const Verdict confirmed = *Now().verdict;
  int samples = 0;
  int passed = 0;
  for (const ProblemOutcome& o : confirmed.outcomes) {
    EXPECT_EQ(o.trials_before, 16);
    samples += o.trials_now;
    passed += o.passed_now;
  }
  EXPECT_EQ(samples, confirmed.samples);
  EXPECT_EQ(samples - passed, confirmed.failures);
  const std::string id = Now().id;
  // It is one incident while the loss lasts, over a restart too.
  RunOn(absl::Hours(5));
  Restart(options);
  RunOn(absl::Hours(5));
  ASSERT_EQ(book_.Open().size(), 1u);
  EXPECT_EQ(Now().id, id);
  loss = 0;
  const absl::Time well = clock_.Now();
  while (!book_.Open().empty() && clock_.Now() < well + absl::Hours(24))
    clock_.Advance(rescorer_->Step());
  EXPECT_TRUE(book_.Open().empty());
  EXPECT_LE(clock_.Now() - well, absl::Hours(6));
  EXPECT_EQ(event_.incident.close_reason, "recovered");
}

TEST_F(CanaryRunnerTest, WithoutCanariesNothingHoldsTheirIncidentOpen) {
  RescorerOptions options;
  options.canaries_per_hour = 30;
  Start([](const SampleRequest&) { return false; }, options);
  RunOn(absl::Hours(3));
  ASSERT_EQ(book_.Open().size(), 1u);
  options.canaries_per_hour = 0;
  Restart(options);
  EXPECT_TRUE(book_.Open().empty());
  EXPECT_EQ(event_.incident.close_reason, "no_data");
}

}  // namespace
}  // namespace reasonwatch
