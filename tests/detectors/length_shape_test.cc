// SPDX-License-Identifier: Apache-2.0
// Lengths that spread wider or narrower than they did.
#include <cmath>
#include <string>
#include <vector>

#include "detectors/evidence/rank.h"
#include "detectors/evidence/spread.h"
#include "detectors/model_watch.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::Draw;

PayOff SpreadOf(const std::vector<int>& reference, int bin, double tolerance) {
  RankHistogram h;
  for (int b : reference) h.Add(b);
  PayOff p;
  SpreadPayOff(h.ScoresOf(bin), tolerance, p);
  return p;
}

TEST(SpreadPayOff, MeanOverAllOrdersIsOneWhateverTheLengths) {
  const std::vector<int> cases[] = {{10},
                                    {3, 90},
                                    {5, 5, 5, 5},
                                    {1, 2, 3, 4, 5, 6, 7},
                                    {0, 0, 70, 71, 72, 143}};
  for (const auto& bins : cases)
    for (double tolerance : {0., .3}) {
      std::vector<double> means(kSpreadBets.size(), 0);
      for (size_t i = 0; i < bins.size(); ++i) {
        std::vector<int> rest = bins;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(i));
        const PayOff p = SpreadOf(rest, bins[i], tolerance);
        for (size_t j = 0; j < means.size(); ++j)
          means[j] += p.e[j] / static_cast<double>(bins.size());
      }
      for (double mean : means) {
        EXPECT_LE(mean, 1 + 1e-9);
        if (tolerance == 0) {
          EXPECT_NEAR(mean, 1, 1e-9);
        }
      }
    }
}

TEST(SpreadPayOff, EmptyReferenceBetsNothing) {
  const PayOff p = SpreadOf({}, 72, 0);
  for (int j = 0; j < p.bets; ++j)
    EXPECT_DOUBLE_EQ(p.e[static_cast<size_t>(j)], 1);
}

// Lengths with the same median that spread `scale` times as far.
int DelayOfSpread(double scale) {
  WatchOptions options;
  options.budget.mean_responses = 1e5;
  ModelWatch watch("model", options);
  Draw draw(9);
  const auto response = [&](int64_t i, double s) {
    Scored r = At(i);
    r.reading(Feature::kOutputTokens) =
        static_cast<float>(9 + s * draw.Normal());
    return r;
  };
  for (int64_t i = -600; i < 0; ++i) watch.LearnImported(response(i, 1));
  watch.FinishImport();
  int64_t index = 0;
  for (; index < 400; ++index) {
    watch.Observe(response(index, 1));
    EXPECT_FALSE(watch.AnyOpen()) << index;
  }
  int delay = 0;
  while (!watch.AnyOpen() && delay < 2000)
    watch.Observe(response(index + delay++, scale));
  return delay;
}

TEST(Spread, OfLengthsIsFoundOnBothSides) {
  EXPECT_LT(DelayOfSpread(2.5), 120);
  EXPECT_LT(DelayOfSpread(.3), 120);
  EXPECT_EQ(DelayOfSpread(1), 2000);
}

}  // namespace
}  // namespace reasonwatch
