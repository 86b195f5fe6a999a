// SPDX-License-Identifier: Apache-2.0
#include "detectors/level/budget.h"

#include "gtest/gtest.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

constexpr int64_t kSecond = 1000000000;
// In seconds.
constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;

TEST(Budget, AMeanOfResponsesIsSharedByTheSignals) {
  const BudgetOptions options{.mean_responses = 1e5, .enabled_signals = 0b1110};
  const Thresholds t = SplitBudget(options, Scope::kRoute, {}, 1e6, 7);
  EXPECT_DOUBLE_EQ(t.warning, 3e5);
  EXPECT_DOUBLE_EQ(t.critical, 3e5);
  // However it is split, they spend as much as one alone would.
  double rate = 0;
  for (int i : {1, 2, 3}) rate += 1 / t.WarningOf(static_cast<Signal>(i));
  EXPECT_DOUBLE_EQ(rate, 1e-5);
  EXPECT_LT(t.WarningOf(Signal::kConsistencyRegression),
            t.WarningOf(Signal::kLengthRunaway));
}

// docs/statistics.md and budget.h state the sum.
TEST(Budget, TheWeightsHaveTheSumThatIsDocumented) {
  double sum = 0;
  for (const SignalRow& row : kSignals) sum += row.budget_weight;
  EXPECT_DOUBLE_EQ(sum, 16.5);
}

TEST(Budget, ASignalAloneHasAllOfIt) {
  for (int i = 0; i < kSignalCount; ++i)
    EXPECT_DOUBLE_EQ(
        SplitBudget({.mean_responses = 1e4, .enabled_signals = 1u << i},
                    Scope::kRoute, {}, 1e6, 7)
            .WarningOf(static_cast<Signal>(i)),
        1e4);
}

TEST(Budget, GammaIsTrafficTimesStreamsTimesSignalsOverTheShare) {
  const BudgetOptions options{.critical_per_30_days = 2,
                              .warning_per_30_days = 5,
                              .fleet_share = .5,
                              .enabled_signals = 0b1111};
  const LevelShape shape{.several_routes = true, .has_replicas = true};
  const double base = 3e5 * 20 * 4;
  const Thresholds route = SplitBudget(options, Scope::kRoute, shape, 3e5, 20);
  EXPECT_DOUBLE_EQ(route.warning, base / (5 * .6 * .5));
  EXPECT_DOUBLE_EQ(route.critical, base / (2 * .6 * .5));
  EXPECT_DOUBLE_EQ(SplitBudget(options, Scope::kModel, shape, 3e5, 20).warning,
                   base / (5 * .25 * .5));
  EXPECT_DOUBLE_EQ(
      SplitBudget(options, Scope::kReplica, shape, 3e5, 20).warning,
      base / (5 * .15 * .5));
}

TEST(Budget, TheLevelsShareAMeanOfResponses) {
  for (bool routes : {false, true})
    for (bool replicas : {false, true}) {
      const LevelShape shape{.several_routes = routes,
                             .has_replicas = replicas};
      // A response is judged once by each level that there is.
      double rate = 0;
      for (Scope scope : {Scope::kRoute, Scope::kModel, Scope::kReplica}) {
        if (LevelShare(scope, shape) == 0) continue;
        const Thresholds t =
            SplitBudget({.mean_responses = 1e5}, scope, shape, 1e6, 7);
        for (int i = 0; i < kSignalCount; ++i)
          rate += 1 / t.WarningOf(static_cast<Signal>(i));
      }
      EXPECT_NEAR(rate, 1e-5, 1e-12);
    }
}

TEST(Budget, ALevelThatCoincidesGivesItsShareAway) {
  for (bool routes : {false, true})
    for (bool replicas : {false, true}) {
      const LevelShape shape{.several_routes = routes,
                             .has_replicas = replicas};
      EXPECT_DOUBLE_EQ(LevelShare(Scope::kRoute, shape) +
                           LevelShare(Scope::kModel, shape) +
                           LevelShare(Scope::kReplica, shape),
                       1);
    }
  EXPECT_DOUBLE_EQ(LevelShare(Scope::kRoute, {}), 1);
  EXPECT_DOUBLE_EQ(LevelShare(Scope::kModel, {.has_replicas = true}), 0);
}

TEST(TrafficMeter, SaysAHundredThousandUntilADayWasSeen) {
  TrafficMeter meter;
  for (int64_t s = 0; s < 86000; ++s) meter.Count(s * kSecond);
  EXPECT_DOUBLE_EQ(meter.per_30_days(), 100000);
  for (int64_t s = 86000; s < 86500; ++s) meter.Count(s * kSecond);
  EXPECT_NEAR(meter.per_30_days(), 30 * 86400, .02 * 30 * 86400);
}

TEST(TrafficMeter, IsLoweredByAtMostHalfADay) {
  TrafficMeter meter;
  for (int64_t s = 0; s < 2 * kDay; s += 10) meter.Count(s * kSecond);
  double last = meter.per_30_days();
  EXPECT_NEAR(last, 3 * 86400, .02 * 3 * 86400);
  // Then one an hour, for 60 days.
  for (int hour = 1; hour <= 24 * 60; ++hour) {
    meter.Count((2 * kDay + hour * kHour) * kSecond);
    EXPECT_GE(meter.per_30_days(), last / 2 * .999);
    last = meter.per_30_days();
  }
  EXPECT_LT(last, 3 * 86400 / 20.0);
  EXPECT_GT(last, 24 * 30 * .9);
}

TEST(TrafficMeter, RisesAtOnce) {
  TrafficMeter meter;
  for (int64_t hour = 0; hour < 100; ++hour)
    meter.Count(hour * kHour * kSecond);
  const double before = meter.per_30_days();
  for (int64_t s = 0; s < 7200; ++s) meter.Count((100 * kHour + s) * kSecond);
  EXPECT_GT(meter.per_30_days(), 10 * before);
}

TEST(TrafficMeter, ContinuesAfterSaveAndRestore) {
  TrafficMeter meter;
  for (int64_t s = 0; s < 100000; s += 5) meter.Count(s * kSecond);
  StateWriter out;
  out.Field("state", meter);
  const std::string bytes = out.Finish();
  TrafficMeter restored;
  StateReader in(bytes);
  in.Field("state", restored);
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(restored.per_30_days(), meter.per_30_days());
  EXPECT_EQ(restored.per_day(), meter.per_day());
}

}  // namespace
}  // namespace reasonwatch
