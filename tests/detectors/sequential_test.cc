// SPDX-License-Identifier: Apache-2.0
// The parts of detectors/evidence: the normal distribution, ranks, rates, bets,
// dependence. The guarantee, a mean pay-off of at most 1, is tested by counting
// through every outcome.
#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "detectors/evidence/bets.h"
#include "detectors/evidence/dependence.h"
#include "detectors/evidence/normal.h"
#include "detectors/evidence/rank.h"
#include "detectors/evidence/rate.h"
#include "detectors/signals/channel.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::Draw;

// Reference values: mpmath to 20 digits.
TEST(Normal, KnowsTheTailsToTheLastDigits) {
  EXPECT_DOUBLE_EQ(NormalCdf(0), .5);
  EXPECT_NEAR(NormalCdf(1.959963984540054), .975, 1e-15);
  EXPECT_NEAR(NormalCdf(-8) / 6.220960574271785e-16, 1, 1e-12);
  EXPECT_NEAR(NormalCdf(-37.5) / 4.605353009581955e-308, 1, 1e-9);
  EXPECT_NEAR(NormalMass(8, 9) / 6.219831985866e-16, 1, 1e-9);
  EXPECT_NEAR(NormalMass(-9, -8) / 6.219831985866e-16, 1, 1e-9);
}

TEST(Normal, QuantileUndoesTheDistribution) {
  EXPECT_NEAR(NormalQuantile(.975), 1.959963984540054, 1e-14);
  EXPECT_NEAR(NormalQuantile(1e-10), -6.361340902404056, 1e-12);
  EXPECT_EQ(NormalQuantile(0), -INFINITY);
  EXPECT_EQ(NormalQuantile(1), INFINITY);
  for (double p = 1e-300; p < .5; p *= 7) {
    EXPECT_NEAR(NormalCdf(NormalQuantile(p)) / p, 1, 1e-10) << p;
    if (p > 1e-12) {
      EXPECT_NEAR(NormalQuantile(1 - p), -NormalQuantile(p), 1e-3);
    }
  }
}

PayOff RankOf(const std::vector<int>& reference, int bin, Tail tail,
              double tolerance, bool at_least = false) {
  RankHistogram histogram;
  for (int b : reference) histogram.Add(b);
  PayOff pay_off;
  RankPayOff(histogram.ScoresOf(bin), tail, tolerance, at_least, pay_off);
  return pay_off;
}

// Each of the n+1 bins is equally likely to be the response's.
std::vector<double> MeanOverOrders(const std::vector<int>& bins, Tail tail,
                                   double tolerance) {
  std::vector<double> means(6, 0);
  for (size_t i = 0; i < bins.size(); ++i) {
    std::vector<int> rest = bins;
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
    const PayOff p = RankOf(rest, bins[i], tail, tolerance);
    for (size_t j = 0; j < 6; ++j)
      means[j] += p.e[j] / static_cast<double>(bins.size());
  }
  return means;
}

TEST(RankPayOff, MeanOverAllOrdersIsOneWhateverTheLengths) {
  const std::vector<int> cases[] = {
      {10}, {3, 90}, {1, 2, 3, 4, 5, 6, 7}, {0, 70, 71, 72, 143}};
  for (const auto& bins : cases) {
    for (Tail tail : {Tail::kLow, Tail::kHigh})
      for (double mean : MeanOverOrders(bins, tail, 0))
        EXPECT_NEAR(mean, 1, 1e-9);
  }
}

TEST(RankPayOff, TiesAtTheEndsOnlyLowerTheMean) {
  const std::vector<int> cases[] = {
      {5, 5, 5, 5}, {0, 0, 71, 72, 143}, {7, 7, 7, 8, 9, 9}};
  for (const auto& bins : cases) {
    for (Tail tail : {Tail::kLow, Tail::kHigh})
      for (double mean : MeanOverOrders(bins, tail, 0))
        EXPECT_LE(mean, 1 + 1e-9);
  }
}

// A reference of 100 zeros, frozen, of traffic that is above zero once in 200:
// values that were never seen must not add up against it.
TEST(RankPayOff, RareValuesDoNotAddUpAgainstAReferenceOfZeros) {
  const std::vector<int> zeros(100, 72);
  for (Tail tail : {Tail::kLow, Tail::kHigh}) {
    const PayOff usual = RankOf(zeros, 72, tail, .2);
    const PayOff rare = RankOf(zeros, tail == Tail::kHigh ? 120 : 20, tail, .2);
    for (size_t j = 0; j < 6; ++j) {
      EXPECT_LT(usual.e[j], 1) << j;
      EXPECT_GT(rare.e[j], 2 * usual.e[j]) << j;
      EXPECT_LT(199 * std::log(usual.e[j]) + std::log(rare.e[j]), 0) << j;
    }
  }
}

TEST(RankPayOff, ToleranceLowersTheMean) {
  for (double mean :
       MeanOverOrders({1, 2, 3, 4, 5, 6, 7, 8, 9}, Tail::kLow, .5)) {
    EXPECT_LT(mean, 1);
    EXPECT_GT(mean, .1);
  }
}

TEST(RankPayOff, MeanIsAtMostOneOnHealthyStreams) {
  Draw draw(11);
  std::array<double, 6> sums{};
  std::array<double, 6> squares{};
  constexpr int kStreams = 4000;
  for (int stream = 0; stream < kStreams; ++stream) {
    std::vector<int> reference;
    for (int i = 0; i < 30; ++i) reference.push_back(RankBin(draw.Normal()));
    const PayOff p = RankOf(reference, RankBin(draw.Normal()), Tail::kLow, 0);
    for (size_t j = 0; j < 6; ++j) {
      sums[j] += p.e[j];
      squares[j] += p.e[j] * p.e[j];
    }
  }
  for (size_t j = 0; j < 6; ++j) {
    const double mean = sums[j] / kStreams;
    const double error =
        std::sqrt((squares[j] / kStreams - mean * mean) / kStreams);
    EXPECT_NEAR(mean, 1, 4 * error) << "bet " << j;
  }
}

TEST(RankPayOff, PaysForTheTailThatWasAskedFor) {
  std::vector<int> reference;
  for (int i = 0; i < 100; ++i) reference.push_back(60 + i % 24);
  for (size_t j = 0; j < 6; ++j) {
    EXPECT_GT(RankOf(reference, 10, Tail::kLow, 0).e[j], 1);
    EXPECT_LT(RankOf(reference, 10, Tail::kHigh, 0).e[j], 1);
    EXPECT_GT(RankOf(reference, 140, Tail::kHigh, 0).e[j], 1);
  }
}

TEST(RankPayOff, EmptyReferenceBetsNothing) {
  for (double e : RankOf({}, 72, Tail::kLow, 0).e) EXPECT_DOUBLE_EQ(e, 1);
}

TEST(RankPayOff, LowerBoundNeverSpeaksForAnAlarm) {
  std::vector<int> reference;
  for (int i = 0; i < 50; ++i) reference.push_back(60 + i % 24);
  const PayOff low = RankOf(reference, 60, Tail::kLow, 0, true);
  ASSERT_EQ(low.bets, 6);
  for (double e : low.e) EXPECT_LE(e, 1);
  EXPECT_EQ(RankOf(reference, 60, Tail::kHigh, 0, true).bets, 0);
}

TEST(RankHistogram, MedianAndEndsHoldWhatLiesBeyond) {
  RankHistogram h;
  EXPECT_TRUE(std::isnan(h.Median()));
  EXPECT_EQ(RankBin(-100), 0);
  EXPECT_EQ(RankBin(100), kRankBins - 1);
  EXPECT_EQ(RankBin(0), kRankBins / 2);
  for (double r : {-1.0, 0.0, 0.0, 3.0, 4.0}) h.Add(RankBin(r));
  EXPECT_NEAR(h.Median(), 0, .13);
}

TEST(RatePayOff, MeanOverAllOrdersIsExactlyOneWithoutTolerance) {
  for (int n = 1; n <= 12; ++n) {
    for (int bad = 1; bad <= n + 1; ++bad) {
      // One of the n+1 outcomes is the response's, each equally likely.
      const double q = static_cast<double>(bad) / (n + 1);
      if (q >= .97) continue;
      PayOff if_bad;
      PayOff if_good;
      RatePayOff(true, bad / (n + 1.0), if_bad);
      RatePayOff(false, (bad + 1) / (n + 1.0), if_good);
      for (size_t j = 0; j < 4 && if_good.bets > 0; ++j)
        EXPECT_NEAR(q * if_bad.e[j] + (1 - q) * if_good.e[j], 1, 1e-12)
            << bad << " of " << n + 1;
    }
  }
}

TEST(RatePayOff, ToleranceIsTwoStandardErrorsOfAYoungReference) {
  const RateCounts young{.bad = 9, .count = 99};
  EXPECT_NEAR(RateTolerance(young, .01), 2 * std::sqrt(.1 * .9 / 100), 1e-12);
  const RateCounts old{.bad = 9999, .count = 99999};
  EXPECT_DOUBLE_EQ(RateTolerance(old, .01), .01);
  EXPECT_NEAR(HealthyRate(old, .01), .1 + .01 * .9, 1e-9);
  PayOff p;
  RatePayOff(true, HealthyRate(young, .01), p);
  for (size_t j = 0; j < 4; ++j) EXPECT_LT(.1 * p.e[j], 1);
}

TEST(RatePayOff, ARateNearOneCannotBeBetAgainst) {
  PayOff p;
  RatePayOff(true, HealthyRate({}, 0), p);
  EXPECT_EQ(p.bets, 0);
}

TEST(Mixture, EqualsTheSumOverAllStarts) {
  Draw draw(5);
  Mixture mixture;
  std::vector<PayOff> all;
  for (int t = 0; t < 300; ++t) {
    PayOff p;
    p.bets = 4;
    p.lambda = .3 + .7 * draw.Uniform();
    for (size_t j = 0; j < 4; ++j)
      p.e[j] = std::exp(.3 * draw.Normal() + (t > 200 ? .1 : -.05));
    all.push_back(p);
    mixture.Observe(p, t);
    double mean = 0;
    for (size_t j = 0; j < 4; ++j) {
      double sum = 0;
      double product = 0;  // of the logarithms from start to t
      double best = -std::numeric_limits<double>::infinity();
      int start = -1;
      for (int k = t; k >= 0; --k) {
        const PayOff& q = all[static_cast<size_t>(k)];
        product += q.lambda * std::log(q.e[j]);
        sum += std::exp(product);
        if (product > best) {
          best = product;
          start = k;
        }
      }
      EXPECT_NEAR(mixture.R(static_cast<int>(j)) / sum, 1, 1e-9);
      EXPECT_EQ(mixture.excursion(static_cast<int>(j)).start, start);
      mean += sum / 4;
    }
    EXPECT_NEAR(mixture.Statistic() / mean, 1, 1e-9);
  }
}

// e is 0 or 2 with equal chances: R is followed over every outcome of the first
// twelve responses, whose weights are drawn at random.
TEST(Mixture, GrowsOnHealthyTrafficByTheSumOfWeightsAtMost) {
  constexpr int kResponses = 12;
  Draw draw(23);
  for (int run = 0; run < 20; ++run) {
    std::vector<double> weights(kResponses);
    double sum = 0;
    for (double& w : weights) sum += w = draw.Chance(.2) ? 0 : draw.Uniform();
    double mean = 0;
    for (int outcome = 0; outcome < 1 << kResponses; ++outcome) {
      Mixture mixture;
      for (int i = 0; i < kResponses; ++i) {
        PayOff p{.bets = 1, .weight = weights[static_cast<size_t>(i)]};
        p.e[0] = (outcome >> i & 1) != 0 ? 2 : 0;
        mixture.Observe(p, i);
      }
      mean += mixture.Statistic() / (1 << kResponses);
    }
    EXPECT_LE(mean, sum * (1 + 1e-9)) << run;
    EXPECT_GT(mean, 0) << run;
  }
}

TEST(Mixture, ManyPartsOfOneObservationAreThatObservation) {
  PayOff whole{.bets = 1};
  whole.e[0] = 5;
  PayOff part = whole;
  part.weight = 1. / 64;
  Mixture one;
  Mixture many;
  for (int i = 0; i < 200; ++i) {
    PayOff usual{.bets = 1};
    usual.e[0] = .99;
    one.Observe(usual, i);
    many.Observe(usual, i);
  }
  one.Observe(whole, 200);
  for (int i = 0; i < 64; ++i) many.Observe(part, 200 + i);
  // But for what the parts add after each other: under e^(part) in all.
  EXPECT_GT(many.Statistic(), .9 * one.Statistic());
  EXPECT_LT(many.Statistic(), one.Statistic());
}

TEST(Mixture, StaysFiniteAndSilenceChangesNothing) {
  Mixture mixture;
  PayOff p;
  p.bets = 6;
  p.e.fill(1e6);
  for (int t = 0; t < 200; ++t) mixture.Observe(p, t);
  EXPECT_TRUE(std::isfinite(mixture.Statistic()));
  const double before = mixture.Statistic();
  mixture.Observe(PayOff(), 200);
  EXPECT_EQ(mixture.Statistic(), before);
  mixture.Scale(1e-245);
  EXPECT_NEAR(mixture.Statistic(), before * 1e-245, 1e-3 * before * 1e-245);
}

double LambdaOf(double rho, uint64_t seed) {
  Draw draw(seed);
  Dependence d;
  double x = draw.Normal();
  for (int i = 0; i < 20000; ++i) {
    d.Add(x, int64_t{i} * 200000000000);
    x = rho * x + std::sqrt(1 - rho * rho) * draw.Normal();
  }
  return d.lambda();
}

TEST(Dependence, WhiteNoiseIsHardlyTempered) {
  for (uint64_t seed : {1, 2, 3}) EXPECT_GT(LambdaOf(0, seed), .93);
}

TEST(Dependence, AutocorrelationIsTemperedByItsLossOfInformation) {
  for (double rho : {.1, .2, .3, .5})
    EXPECT_NEAR(LambdaOf(rho, 4), (1 - rho) / (1 + rho), .07) << rho;
  EXPECT_DOUBLE_EQ(LambdaOf(.9, 5), .2);
}

TEST(Dependence, AHiddenEffectOfTheHourBecomesTolerance) {
  const auto tau = [](double hidden) {
    Draw draw(6);
    Dependence d;
    for (int hour = 0; hour < 100; ++hour) {
      const double effect = hidden * draw.Normal();
      for (int i = 0; i < 220; ++i)
        d.Add(effect + draw.Normal(), (int64_t{hour} * 220 + i) * 18000000000);
    }
    return d.tau();
  };
  EXPECT_LT(tau(0), .03);
  // Part of it is already tempered away, so less than all of it is left.
  EXPECT_GT(tau(.3), .15);
  EXPECT_LT(tau(.3), .33);
}

TEST(Dependence, RejectsWhatIsNoNumber) {
  Dependence d;
  Draw draw(7);
  for (int i = 0; i < 1000; ++i) {
    d.Add(draw.Normal(), i);
    d.Add(NAN, i);
    d.Add(INFINITY, i);
  }
  EXPECT_TRUE(std::isfinite(d.tau()));
  EXPECT_GT(d.lambda(), .5);
}

TEST(Channels, AreNamedForTheirSignalAndOnlyOnce) {
  std::set<std::string_view> names;
  std::set<Signal> signals;
  for (const ChannelSpec& spec : Channels()) {
    EXPECT_TRUE(names.insert(spec.name).second) << spec.name;
    const std::string prefix = std::string(SignalName(spec.signal)) + "/";
    EXPECT_EQ(spec.name.substr(0, prefix.size()), prefix);
    EXPECT_GT(spec.weight, 0);
    EXPECT_GE(spec.kappa, 0);
    EXPECT_EQ(spec.feature == Feature::kCount,
              spec.question == Question::kFailed ||
                  spec.question == Question::kRarePair);
    signals.insert(spec.signal);
  }
  EXPECT_EQ(signals.size(), static_cast<size_t>(kSignalCount));
}

}  // namespace
}  // namespace reasonwatch
