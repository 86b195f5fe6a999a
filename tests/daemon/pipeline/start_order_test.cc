// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/start_order.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::Draw;

const absl::Time kStart = absl::FromUnixSeconds(1700000000);

Scored Between(double start, double end) {
  Scored s;
  s.start = kStart + absl::Seconds(start);
  s.end = kStart + absl::Seconds(end);
  return s;
}

double Seconds(absl::Time t) { return absl::ToDoubleSeconds(t - kStart); }

// Poisson traffic in the order of its ends, begun at `from`; the rate is
// multiplied by `factor` from `step` on.
std::vector<Scored> Traffic(double from, double until, double rate, double step,
                            double factor, uint64_t seed) {
  Draw draw(seed);
  std::vector<Scored> all;
  for (double now = from; now < until;) {
    now -= std::log(draw.Uniform()) / (now >= step ? rate * factor : rate);
    all.push_back(Between(now, now + 20 * std::exp(.8 * draw.Normal())));
  }
  std::sort(all.begin(), all.end(),
            [](const Scored& a, const Scored& b) { return a.end < b.end; });
  return all;
}

TEST(StartOrder, ResponsesWithoutAnEndPassAtOnce) {
  StartOrder order;
  std::vector<Scored> ready;
  Scored s;
  s.start = kStart;
  order.Add(s, ready);
  s.end = kStart - absl::Seconds(1);
  order.Add(s, ready);
  EXPECT_EQ(ready.size(), 2u);
  EXPECT_EQ(order.holding(), 0u);
}

TEST(StartOrder, DropsWhatWasUnderWayWhenTheTapBegan) {
  StartOrder order;
  std::vector<Scored> ready;
  for (const Scored& s : Traffic(-300, 600, 5, 1e9, 1, 1))
    if (Seconds(s.end) > 0) order.Add(s, ready);
  order.Drain(ready);
  EXPECT_GT(order.counts().startup, 50);
  for (const Scored& s : ready) EXPECT_GE(Seconds(s.start), 0);
}

TEST(StartOrder, FeedsInTheOrderOfStartsAllButTheLongest) {
  for (double factor : {1.0, 4.0}) {
    StartOrder order;
    std::vector<Scored> ready;
    std::vector<double> fed;
    int late = 0;
    double frontier = 0;
    for (const Scored& s : Traffic(-300, 2000, 5, 1000, factor, 2)) {
      if (Seconds(s.end) <= 0) continue;
      ready.clear();
      order.Add(s, ready);
      for (const Scored& r : ready) {
        late += Seconds(r.start) < frontier;
        frontier = std::max(frontier, Seconds(r.start));
        fed.push_back(Seconds(r.start));
      }
    }
    ASSERT_GT(fed.size(), 3000u);
    EXPECT_LT(late, .025 * static_cast<double>(fed.size())) << factor;
    EXPECT_GT(late, 0);
  }
}

TEST(StartOrder, AHealthyStartAndAStepFeedNoRunOfShortOrLongOnes) {
  // Fed responses keep their distribution: the mean log duration of any 200 in
  // a row stays within the reach of chance.
  StartOrder order;
  std::vector<Scored> ready;
  std::vector<double> z;
  for (const Scored& s : Traffic(0, 2500, 5, 1200, 4, 3)) {
    order.Add(s, ready);
    for (const Scored& r : ready)
      z.push_back(std::log(absl::ToDoubleSeconds(r.end - r.start) / 20) / .8);
    ready.clear();
  }
  ASSERT_GT(z.size(), 10000u);
  for (size_t begin = 0; begin + 200 <= z.size(); begin += 200) {
    double sum = 0;
    for (size_t i = begin; i < begin + 200; ++i) sum += z[i];
    EXPECT_NEAR(sum / 200, 0, 4.5 / std::sqrt(200)) << begin;
  }
}

TEST(StartOrder, HoldsForThe99thPercentileOfDurations) {
  StartOrder order;
  std::vector<Scored> ready;
  EXPECT_EQ(order.hold(), absl::InfiniteDuration());
  for (const Scored& s : Traffic(0, 3000, 5, 1e9, 1, 4)) order.Add(s, ready);
  // 20 exp(.8 * 2.326) = 128.6 s, to an eighth of an octave.
  EXPECT_NEAR(absl::ToDoubleSeconds(order.hold()), 128.6, 20);
}

TEST(StartOrder, FeedsNothingUntilDurationsAreKnown) {
  StartOrder order;
  std::vector<Scored> ready;
  for (const Scored& s : Traffic(0, 100, 5, 1e9, 1, 5))
    if (Seconds(s.end) < 60) order.Add(s, ready);
  EXPECT_TRUE(ready.empty());
  EXPECT_GT(order.holding(), 50u);
  order.Advance(kStart + absl::Minutes(11), ready);
  EXPECT_EQ(order.holding(), 0u);
}

TEST(StartOrder, AFullHoldFeedsTheEarliestAndCountsIt) {
  StartOrder order;
  std::vector<Scored> ready;
  order.Add(Between(0, 0), ready);
  for (size_t i = 0; i < kHoldSlots + 100; ++i) {
    const double start = 1 + static_cast<double>(i) * 1e-3;
    order.Add(Between(start, start + 30), ready);
  }
  EXPECT_LE(order.holding(), kHoldSlots);
  EXPECT_EQ(order.counts().overflow, 101);
  ASSERT_GE(ready.size(), 101u);
  EXPECT_TRUE(std::is_sorted(
      ready.begin(), ready.end(),
      [](const Scored& a, const Scored& b) { return a.start < b.start; }));
}

}  // namespace
}  // namespace reasonwatch
