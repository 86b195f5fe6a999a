// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/rescoring.h"

#include <numeric>
#include <random>
#include <vector>

#include "rescore/statistics/bayes_factor.h"
#include "rescore/statistics/failure_prior.h"

namespace reasonwatch {
namespace {

constexpr int kBaselineProblems = 1000;

struct Known {
  double rate = 0;
  Trials trials;
};

double Beta(std::mt19937_64& random, double a, double b) {
  const double x = std::gamma_distribution<double>(a)(random);
  return x / (x + std::gamma_distribution<double>(b)(random));
}

}  // namespace

RescoreRates SimulateRescoring(int trials, double loss, int problems, int runs,
                               uint64_t seed) {
  std::mt19937_64 random(seed);
  RescoreRates rates;
  rates.runs = runs;
  const Bounds bounds = problems == 1 ? kProblemBounds : kIncidentBounds;
  for (int run = 0; run < runs; ++run) {
    std::vector<Trials> all;
    std::vector<Known> solved;
    for (int i = 0; i < kBaselineProblems; ++i) {
      Known k;
      k.rate = Beta(random, 1, 6);
      k.trials = {trials,
                  std::binomial_distribution<int>(trials, k.rate)(random)};
      all.push_back(k.trials);
      if (4 * k.trials.failures <= k.trials.count) solved.push_back(k);
    }
    const FailurePosterior prior = FitFailurePrior(all);
    const auto fails = [&](const Known& k) {
      return std::bernoulli_distribution(k.rate + (1 - k.rate) * loss)(random);
    };
    std::vector<Known> flagged;
    while (flagged.size() < static_cast<size_t>(problems)) {
      const Known& k = solved[std::uniform_int_distribution<size_t>(
          0, solved.size() - 1)(random)];
      if (fails(k)) flagged.push_back(k);
    }
    std::vector<int> asked(flagged.size());
    std::vector<int> failed(flagged.size());
    std::vector<LogFactors> factors(flagged.size(), LogFactors{});
    const int cap = problems == 1 ? kGroupSize : kIncidentCap;
    VerdictKind verdict = VerdictKind::kUndecided;
    int samples = 0;
    for (; samples < cap && verdict == VerdictKind::kUndecided; ++samples) {
      const size_t i = static_cast<size_t>(samples) % flagged.size();
      ++asked[i];
      failed[i] += fails(flagged[i]);
      factors[i] = LogBayesFactors(
          PosteriorOf(prior, flagged[i].trials, /*chosen_for_failing=*/true),
          asked[i], failed[i]);
      LogFactors pooled{};
      for (const LogFactors& one : factors)
        for (size_t j = 0; j < one.size(); ++j) pooled[j] += one[j];
      verdict =
          Decide(BayesFactor(pooled),
                 std::accumulate(failed.begin(), failed.end(), 0), bounds);
    }
    rates.samples += samples;
    rates.confirmed += verdict == VerdictKind::kConfirmed;
    rates.cleared += verdict == VerdictKind::kNotReproduced;
  }
  rates.samples /= runs;
  rates.confirmed /= runs;
  rates.cleared /= runs;
  return rates;
}

}  // namespace reasonwatch
