// SPDX-License-Identifier: Apache-2.0
#include "detectors/consistency/posteriors.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::Draw;

// Failure rates from Beta(1, 6): the smallest of six uniforms.
Posteriors Fitted(int problems, int trials, uint64_t seed) {
  Draw draw(seed);
  Posteriors p;
  for (int i = 1; i <= problems; ++i) {
    double rate = 1;
    for (int k = 0; k < 6; ++k) rate = std::min(rate, draw.Uniform());
    for (int t = 0; t < trials; ++t)
      p.Learn(static_cast<uint64_t>(i), draw.Chance(rate));
  }
  p.Refit();
  return p;
}

TEST(Posteriors, FindsTheStrengthThatTheProblemsWereDrawnWith) {
  for (uint64_t seed : {1, 2, 3})
    EXPECT_NEAR(Fitted(2000, 16, seed).strength(), 7, 1.6);
}

TEST(Posteriors, OneTrialAProblemCannotTellStrength) {
  EXPECT_DOUBLE_EQ(Fitted(2000, 1, 1).strength(), .5);
}

TEST(Posteriors, NothingKnownBetsNothing) {
  EXPECT_EQ(Posteriors().HealthyFailureRate(1, 0, 0), 1);
}

TEST(Posteriors, SolvedProblemsFailRarelyAndFailedOnesOften) {
  Posteriors p = Fitted(200, 8, 4);
  for (int i = 0; i < 40; ++i) {
    p.Learn(1001, false);
    p.Learn(1002, true);
  }
  EXPECT_LT(p.HealthyFailureRate(1001, 0, 0), .1);
  EXPECT_GT(p.HealthyFailureRate(1002, 0, 0), .7);
  EXPECT_TRUE(p.Solved(1001));
  EXPECT_FALSE(p.Solved(1002));
  EXPECT_FALSE(p.Solved(999999));
}

TEST(Posteriors, RepeatedFailuresOfOneProblemSurpriseLessAndLess) {
  Posteriors p = Fitted(200, 8, 5);
  for (int i = 0; i < 8; ++i) p.Learn(1001, false);
  double last = 0;
  for (int repeats = 0; repeats < 40; ++repeats) {
    const double q = p.HealthyFailureRate(1001, repeats, repeats);
    EXPECT_GT(q, last);
    last = q;
  }
  EXPECT_GT(last, .7);
}

TEST(Posteriors, AProblemThatIsNotHeldIsJudgedWithMoreTolerance) {
  const Posteriors p = Fitted(2000, 8, 6);
  EXPECT_GT(p.HealthyFailureRate(999999, 0, 0), p.pooled_rate() + .02);
}

TEST(Posteriors, ARepeatThatFailsRaisesNoOtherProblemsRateMuch) {
  // Sixty of two hundred failed once: their rate is known to an eighth.
  Posteriors p;
  for (uint64_t i = 1; i <= 200; ++i) p.Learn(i, i <= 60);
  p.Refit();
  const double before = p.HealthyFailureRate(200, 0, 0);
  p.Learn(199, true);
  EXPECT_LT(p.HealthyFailureRate(200, 0, 0), before * 1.04);
  // Many do.
  for (uint64_t i = 61; i < 161; ++i) p.Learn(i, i % 2 == 0);
  EXPECT_GT(p.CalibrationRatio(0), 1.3);
  EXPECT_GT(p.HealthyFailureRate(200, 0, 0), before * 1.3);
}

TEST(Posteriors, PredictsHeldOutFailures) {
  // Recalibrated predictions sum to about the failures that then happen.
  Draw draw(7);
  Posteriors p;
  std::vector<double> rates;
  for (int i = 0; i < 1000; ++i) {
    double rate = 1;
    for (int k = 0; k < 6; ++k) rate = std::min(rate, draw.Uniform());
    rates.push_back(rate);
    for (int t = 0; t < 4; ++t)
      p.Learn(static_cast<uint64_t>(i) + 1, draw.Chance(rate));
  }
  p.Refit();
  double predicted = 0;
  double failed = 0;
  for (size_t i = 0; i < rates.size(); ++i) {
    predicted += p.HealthyFailureRate(i + 1, 0, 0);
    failed += draw.Chance(rates[i]);
  }
  // The tolerance of .01 is on top.
  EXPECT_GT(predicted, failed * .85);
  EXPECT_LT(predicted, failed * 1.35);
}

TEST(Posteriors, SurvivesSaveAndRestore) {
  const Posteriors p = Fitted(100, 4, 8);
  StateWriter out;
  out.Field("state", p);
  const std::string bytes = out.Finish();
  Posteriors q;
  StateReader in(bytes);
  in.Field("state", q);
  EXPECT_TRUE(in.AtEnd());
  StateWriter again;
  again.Field("state", q);
  EXPECT_EQ(again.Finish(), bytes);
  for (uint64_t problem = 1; problem <= 101; ++problem)
    EXPECT_EQ(p.HealthyFailureRate(problem, 1, 1),
              q.HealthyFailureRate(problem, 1, 1));
}

}  // namespace
}  // namespace reasonwatch
