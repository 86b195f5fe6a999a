// SPDX-License-Identifier: Apache-2.0
#include "detectors/reference/language_pairs.h"

#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::Draw;

constexpr uint8_t kEnglish = 1;
constexpr uint8_t kFrench = 2;
constexpr uint8_t kChinese = 3;

LanguagePairs Seen(const std::vector<std::pair<LanguagePair, int>>& counts) {
  LanguagePairs pairs;
  for (const auto& [pair, n] : counts)
    for (int i = 0; i < n; ++i) pairs.Add(pair);
  return pairs;
}

TEST(LanguagePairs, WhatTheReferenceHardlyHasIsRare) {
  const LanguagePairs pairs = Seen({{{kEnglish, kEnglish}, 200},
                                    {{kEnglish, kFrench}, 100},
                                    {{kFrench, kFrench}, 30}});
  EXPECT_FALSE(pairs.Judge({kEnglish, kEnglish}).rare);
  EXPECT_FALSE(pairs.Judge({kEnglish, kFrench}).rare);
  const auto chinese = pairs.Judge({kEnglish, kChinese});
  EXPECT_TRUE(chinese.rare);
  EXPECT_EQ(chinese.healthy.bad, 0);
  EXPECT_EQ(chinese.healthy.count, 300);
  EXPECT_TRUE(pairs.Judge({kFrench, kEnglish}).rare);
}

TEST(LanguagePairs, TheLossOfHealthyTranslationIsRare) {
  const LanguagePairs pairs = Seen({{{kFrench, kEnglish}, 100}});
  EXPECT_FALSE(pairs.Judge({kFrench, kEnglish}).rare);
  EXPECT_TRUE(pairs.Judge({kFrench, kFrench}).rare);
}

TEST(LanguagePairs, NothingIsKnownOfALanguageThatWasNeverAskedFor) {
  const LanguagePairs pairs = Seen({{{kFrench, kEnglish}, 100}});
  EXPECT_EQ(pairs.Judge({kChinese, kEnglish}).healthy.count, 0);
}

// The mean of rare/q is at most 1 on exchangeable traffic, whatever its
// languages and however small the reference.
TEST(LanguagePairs, ABetOnARarePairIsFair) {
  Draw draw(9);
  for (int reference : {5, 30, 120}) {
    double sum = 0;
    constexpr int kTrials = 20000;
    for (int trial = 0; trial < kTrials; ++trial) {
      LanguagePairs pairs;
      const auto next = [&] {
        const double u = draw.Uniform();
        return LanguagePair{1, static_cast<uint8_t>(u < .9    ? 1
                                                    : u < .97 ? 2
                                                    : u < .99 ? 3
                                                              : 4)};
      };
      for (int i = 0; i < reference; ++i) pairs.Add(next());
      const auto verdict = pairs.Judge(next());
      const double q =
          (verdict.healthy.bad + 1.0) / (verdict.healthy.count + 1.0);
      sum += verdict.rare ? 1 / q : 0;
    }
    EXPECT_LT(sum / kTrials, 1.05) << reference;
    EXPECT_GT(sum / kTrials, .3) << reference;
  }
}

TEST(LanguagePairs, AreBounded) {
  LanguagePairs pairs;
  for (int e = 1; e < 256; ++e)
    for (int a = 1; a < 256; ++a)
      pairs.Add({static_cast<uint8_t>(e), static_cast<uint8_t>(a)});
  StateWriter out;
  out.Field("state", pairs);
  const std::string bytes = out.Finish();
  EXPECT_EQ(bytes.size(), 4 + 6 * kMaxLanguagePairs);
  // A pair that found no room is never rare.
  EXPECT_FALSE(pairs.Judge({255, 255}).rare);
  StateReader in(bytes);
  LanguagePairs restored;
  in.Field("state", restored);
  EXPECT_TRUE(in.AtEnd());
  StateWriter again;
  again.Field("state", restored);
  EXPECT_EQ(again.Finish(), bytes);
}

}  // namespace
}  // namespace reasonwatch
