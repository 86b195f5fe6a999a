// SPDX-License-Identifier: Apache-2.0
#include "rescore/statistics/bayes_factor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "rescore/statistics/failure_prior.h"

namespace reasonwatch {
namespace {

// The same by numerical integration over the healthy failure rate.
double Integrated(const FailurePosterior& h, int t, int f, double phi) {
  double loss = 0;
  double none = 0;
  constexpr int kSteps = 200000;
  for (int i = 0; i < kSteps; ++i) {
    const double q = (i + .5) / kSteps;
    const double prior = std::pow(q, h.a - 1) * std::pow(1 - q, h.b - 1);
    const double failing = q + (1 - q) * phi;
    loss += prior * std::pow(failing, f) * std::pow(1 - failing, t - f);
    none += prior * std::pow(q, f) * std::pow(1 - q, t - f);
  }
  return loss / none;
}

TEST(BayesFactor, IsTheRatioOfTheTwoMarginalLikelihoods) {
  for (const auto& [a, b] : {std::pair(2., 8.), std::pair(1.5, 30.)})
    for (const auto& [t, f] :
         {std::pair(1, 0), std::pair(1, 1), std::pair(16, 5), std::pair(9, 9)})
      for (size_t i = 0; i < kLosses.size(); ++i)
        EXPECT_NEAR(std::exp(LogBayesFactors({a, b}, t, f)[i]) /
                        Integrated({a, b}, t, f, kLosses[i]),
                    1, 1e-3)
            << a << " " << b << " " << t << " " << f << " " << kLosses[i];
}

TEST(BayesFactor, IsOneWithoutTrials) {
  EXPECT_NEAR(BayesFactor(LogBayesFactors({1, 9}, 0, 0)), 1, 1e-12);
}

TEST(BayesFactor, StaysFiniteForAnythingThatCanBeCounted) {
  EXPECT_TRUE(
      std::isfinite(BayesFactor(LogBayesFactors({.01, 1e6}, 4096, 4096))));
  EXPECT_GE(BayesFactor(LogBayesFactors({1e6, .01}, 4096, 0)), 0);
}

TEST(FailurePrior, FitsTheStrengthFromRepeatedProblems) {
  std::mt19937_64 random(3);
  std::vector<Trials> problems;
  for (int i = 0; i < 2000; ++i) {
    std::gamma_distribution<double> ga(1), gb(6);
    const double x = ga(random);
    const double q = x / (x + gb(random));
    std::binomial_distribution<int> failures(16, q);
    problems.push_back({16, failures(random)});
  }
  const FailurePosterior prior = FitFailurePrior(problems);
  EXPECT_NEAR(prior.rate(), 1. / 7, .02);
  EXPECT_NEAR(prior.a + prior.b, 7, 1.5);
}

TEST(FailurePrior, TakesAWeakOneWhereStrengthCannotBeTold) {
  const FailurePosterior prior =
      FitFailurePrior(std::vector<Trials>(300, Trials{1, 0}));
  EXPECT_DOUBLE_EQ(prior.a + prior.b, .5);
  EXPECT_LT(prior.rate(), .01);
}

}  // namespace
}  // namespace reasonwatch
