// SPDX-License-Identifier: Apache-2.0
// Lengths that come too often, and lengths that spread wider or narrower.
#include <cmath>
#include <string>
#include <vector>

#include "detectors/evidence/rank.h"
#include "detectors/evidence/spread.h"
#include "detectors/length_spikes.h"
#include "detectors/model_watch.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::Draw;

// A response of `tokens` to a prompt of its own, or to `prompt`.
Scored Counted(int64_t index, double tokens, uint16_t prompt = 0) {
  Scored s = At(index);
  s.reading(Feature::kOutputTokens) = static_cast<float>(std::log2(1 + tokens));
  s.reading(Feature::kLengthSpike) = 0;
  s.prompt_terms = {prompt > 0 ? prompt
                               : static_cast<uint16_t>(100 + index % 3000)};
  return s;
}

TEST(LengthSpikes, AreExactCountsOfSeveralPrompts) {
  LengthSpikes spikes;
  EXPECT_FALSE(spikes.Observe(Counted(0, 197)));
  EXPECT_FALSE(spikes.Observe(Counted(1, 197)));
  EXPECT_FALSE(spikes.Observe(Counted(2, 198)));
  EXPECT_TRUE(spikes.Observe(Counted(3, 197)));
  // Out of sight after 200 others.
  for (int64_t i = 4; i < 210; ++i)
    spikes.Observe(Counted(i, static_cast<double>(1000 + i)));
  EXPECT_FALSE(spikes.Observe(Counted(211, 197)));
}

TEST(LengthSpikes, OnePromptMayBeAnsweredAlikeForEver) {
  LengthSpikes spikes;
  for (int64_t i = 0; i < 300; ++i)
    EXPECT_FALSE(spikes.Observe(Counted(i, 197, 7)));
  // Without a prompt, or a count of the server's, there is nothing to say.
  Scored unknown = Counted(300, 197);
  unknown.prompt_terms.clear();
  EXPECT_FALSE(spikes.Observe(unknown));
  Scored estimated = Counted(301, 197);
  estimated.reading(Feature::kLengthSpike) = kNoReading;
  EXPECT_FALSE(spikes.Observe(estimated));
}

TEST(LengthSpikes, AreRareInSoundTraffic) {
  Draw draw(3);
  LengthSpikes spikes;
  int found = 0;
  for (int64_t i = 0; i < 3000; ++i)
    found += spikes.Observe(
        Counted(i, std::floor(500 * std::exp(.8 * draw.Normal()))));
  EXPECT_LT(found, 3000 * 5 / 100);
}

TEST(LengthSpikes, AreTheSameAfterARestart) {
  Draw draw(4);
  LengthSpikes whole;
  LengthSpikes first;
  for (int64_t i = 0; i < 500; ++i) {
    const Scored s = Counted(i, std::floor(100 + 60 * draw.Uniform()));
    if (i % 70 == 0) {
      StateWriter out;
      out.Field("spikes", first);
      const std::string bytes = out.Finish();
      StateReader in(bytes);
      if (out.versioned()) in.ReadVersions();
      LengthSpikes second;
      in.Field("spikes", second);
      ASSERT_TRUE(in.ok());
      first = second;
    }
    EXPECT_EQ(whole.Observe(s), first.Observe(s));
  }
}

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
