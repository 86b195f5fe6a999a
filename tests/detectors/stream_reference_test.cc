// SPDX-License-Identifier: Apache-2.0
// A reference and the pay-offs against it: strata, sessions, choices, cut
// responses, tolerance, quarantine, pace of learning, fits.
#include "detectors/reference/stream_reference.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::ChannelNamed;
using testing::Draw;
using testing::WithLength;

StreamReference Imported(int n, uint64_t seed, ReferenceOptions options = {}) {
  Draw draw(seed);
  StreamReference reference(options);
  for (int i = 0; i < n; ++i)
    reference.LearnImported(WithLength(i - n, 1000, draw));
  reference.Fit();
  return reference;
}

PayOff Judge(StreamReference& reference, const Scored& scored,
             std::string_view channel) {
  std::vector<PayOff> pay_offs;
  reference.Judge(scored, pay_offs);
  return pay_offs[ChannelNamed(channel)];
}

constexpr char kCollapse[] = "length_collapse/output_tokens";

TEST(StreamReference, AStratumThatWasNeverSeenGivesNoBet) {
  StreamReference reference = Imported(200, 1);
  Draw draw(2);
  Scored s = WithLength(0, 1, draw);
  EXPECT_GT(Judge(reference, s, kCollapse).e[0], 1);
  EXPECT_TRUE(reference.Covered(s));
  s.stratum.task = 9;
  EXPECT_EQ(Judge(reference, s, kCollapse).bets, 0);
  EXPECT_FALSE(reference.Covered(s));
}

TEST(StreamReference, AnEmptyReferenceSaysNothing) {
  StreamReference reference{ReferenceOptions()};
  Draw draw(1);
  std::vector<PayOff> pay_offs;
  reference.Judge(WithLength(0, 1000, draw), pay_offs);
  ASSERT_EQ(pay_offs.size(), Channels().size());
  for (const PayOff& p : pay_offs) EXPECT_EQ(p.bets, 0);
  EXPECT_TRUE(std::isnan(reference.HalvedLengthGrowth()));
}

TEST(StreamReference, LearnsAResponseFiveHundredLater) {
  StreamReference reference = Imported(600, 3);
  Draw draw(4);
  for (int i = 0; i < 500; ++i)
    reference.LearnLater(WithLength(i, 1000, draw), false);
  EXPECT_EQ(reference.responses(), 600);
  reference.LearnLater(WithLength(500, 1000, draw), false);
  EXPECT_EQ(reference.responses(), 601);
}

TEST(StreamReference, ANewStreamLearnsItsFirstThirtyAtOnce) {
  StreamReference reference{ReferenceOptions()};
  Draw draw(5);
  for (int i = 0; i < 30; ++i)
    reference.LearnLater(WithLength(i, 1000, draw), false);
  EXPECT_EQ(reference.responses(), 30);
  for (int i = 30; i < 60; ++i)
    reference.LearnLater(WithLength(i, 1000, draw), false);
  EXPECT_EQ(reference.responses(), 30);
}

TEST(StreamReference, AnAlarmForgetsWhatWaits) {
  StreamReference reference = Imported(600, 6);
  Draw draw(7);
  for (int i = 0; i < 400; ++i)
    reference.LearnLater(WithLength(i, 10, draw), false);
  reference.FlushQuarantine();
  for (int i = 400; i < 900; ++i)
    reference.LearnLater(WithLength(i, 1000, draw), false);
  EXPECT_EQ(reference.responses(), 600);
}

TEST(StreamReference, WhatLeavesQuarantineUnderSuspicionIsDropped) {
  StreamReference reference = Imported(600, 8);
  Draw draw(9);
  for (int i = 0; i < 800; ++i)
    reference.LearnLater(WithLength(i, 1000, draw), true);
  EXPECT_EQ(reference.responses(), 600);
}

TEST(StreamReference, AYoungOneLearnsWhatWaitsWhereAllIsQuiet) {
  StreamReference reference = Imported(200, 12);
  Draw draw(13);
  for (int i = 0; i < 50; ++i)
    reference.LearnLater(WithLength(i, 1000, draw), false, false);
  EXPECT_EQ(reference.responses(), 200);
  reference.LearnLater(WithLength(50, 1000, draw), true, true);
  EXPECT_EQ(reference.responses(), 200);
  reference.LearnLater(WithLength(51, 1000, draw), false, true);
  EXPECT_EQ(reference.responses(), 252);

  StreamReference grown = Imported(1000, 14);
  EXPECT_FALSE(grown.Young());
  grown.LearnLater(WithLength(0, 1000, draw), false, true);
  EXPECT_EQ(grown.responses(), 1000);
}

TEST(StreamReference, SpreadsItsLearningOverAWeek) {
  ReferenceOptions options;
  options.quarantine = 0;
  StreamReference reference = Imported(100, 10, options);
  Draw draw(11);
  // An hour at one a second.
  for (int i = 0; i < 3600; ++i) {
    Scored s = WithLength(0, 1000, draw);
    s.start = absl::FromUnixSeconds(1700000000 + i);
    reference.LearnLater(s, false);
  }
  EXPECT_GE(reference.responses(), 1100);
  EXPECT_LE(reference.responses(), 1100 + 4000 / (7 * 24) + 1);
}

TEST(StreamReference, FrozenLearnsNothing) {
  ReferenceOptions options;
  options.freeze = true;
  StreamReference reference = Imported(100, 12, options);
  Draw draw(13);
  for (int i = 0; i < 2000; ++i)
    reference.LearnLater(WithLength(i, 1000, draw), false);
  EXPECT_EQ(reference.responses(), 100);
}

TEST(StreamReference, CutOffLengthsAreNoExamples) {
  ReferenceOptions options;
  options.quarantine = 0;
  StreamReference reference = Imported(100, 14, options);
  const double growth = reference.HalvedLengthGrowth();
  Draw draw(15);
  for (int i = 0; i < 50; ++i) {
    Scored s = WithLength(i, 10, draw);
    s.lower_bound = true;
    reference.LearnLater(s, false);
    s.lower_bound = false;
    s.choice_index = 1;
    reference.LearnLater(s, false);
  }
  // Readings of the first choice are counted, and none of their lengths is.
  EXPECT_EQ(reference.responses(), 150);
  EXPECT_DOUBLE_EQ(reference.HalvedLengthGrowth(), growth);
}

TEST(StreamReference, CutsInTransportAreLearntAndJudged) {
  ReferenceOptions options;
  options.quarantine = 0;
  StreamReference often{options};
  StreamReference never{options};
  Draw draw(3);
  const auto row = [&](int i, bool cut) {
    Scored s = WithLength(i, 1000, draw);
    s.lower_bound = cut;
    s.reading(Feature::kCutInTransport) = cut ? 1 : 0;
    return s;
  };
  for (int i = 0; i < 300; ++i) {
    often.LearnImported(row(i, i % 5 == 0));
    never.LearnImported(row(i, false));
  }
  often.Fit();
  never.Fit();
  constexpr char kCut[] = "empty_or_truncated/cut_in_transport";
  const double usual = Judge(often, row(1000, true), kCut).e[3];
  EXPECT_LT(usual, 5);
  EXPECT_GT(Judge(never, row(1000, true), kCut).e[3], 40);
}

TEST(StreamReference, SaysWhatItExpectsAsItWouldBeCounted) {
  for (uint32_t seed = 1; seed <= 5; ++seed) {
    Draw draw(seed);
    StreamReference reference{ReferenceOptions()};
    EXPECT_EQ(reference.Expected(), nullptr);
    std::vector<float> lengths;
    int boxed = 0;
    const int n = 100 + static_cast<int>(200 * draw.Uniform());
    for (int i = 0; i < n; ++i) {
      Scored s = WithLength(i, 500, draw);
      s.reading(Feature::kReasoningTokens) = s.reading(Feature::kOutputTokens);
      s.reading(Feature::kBoxed) = draw.Chance(.3) ? 1 : 0;
      boxed += s.reading(Feature::kBoxed) > 0;
      lengths.push_back(s.reading(Feature::kReasoningTokens));
      reference.LearnImported(s);
    }
    reference.Fit();
    const auto expected = reference.Expected();
    ASSERT_NE(expected, nullptr);
    EXPECT_EQ(expected->responses, n);
    std::sort(lengths.begin(), lengths.end());
    const auto below = [&](double tokens) {
      return static_cast<double>(
                 std::lower_bound(lengths.begin(), lengths.end(),
                                  std::log2(1 + tokens) - 1e-3) -
                 lengths.begin()) /
             n;
    };
    EXPECT_NEAR(below(expected->reasoning.low), .1, .02);
    EXPECT_NEAR(below(expected->reasoning.median), .5, .02);
    EXPECT_NEAR(below(expected->reasoning.high), .9, .02);
    EXPECT_NEAR(expected->rate[static_cast<size_t>(Feature::kBoxed)],
                static_cast<double>(boxed) / n, 1e-9);
    EXPECT_TRUE(std::isnan(
        expected->rate[static_cast<size_t>(Feature::kOutputTokens)]));
    EXPECT_TRUE(
        std::isnan(expected->rate[static_cast<size_t>(Feature::kAnswerTag)]));
    // Asked again at once, it is not made again.
    EXPECT_EQ(reference.Expected(), expected);
  }
}

TEST(StreamReference, FewerHabitsThanUsualPay) {
  StreamReference reference{ReferenceOptions()};
  Draw draw(4);
  const auto row = [&](int i, double share) {
    Scored s = At(i);
    s.habits_known = 8;
    for (int h = 0; h < 8; ++h) s.habits |= draw.Chance(share) ? 1u << h : 0;
    return s;
  };
  for (int i = 0; i < 400; ++i) reference.LearnImported(row(i, .6));
  reference.Fit();
  constexpr char kHabits[] = "format_markers/habits_vanish";
  double gone = 0;
  double usual = 0;
  for (int i = 0; i < 200; ++i) {
    gone += std::log(Judge(reference, row(i, .1), kHabits).e[2]);
    usual += std::log(Judge(reference, row(i, .6), kHabits).e[2]);
  }
  EXPECT_GT(gone / 200, .5);
  EXPECT_LT(usual / 200, 0);
  // A model without a profile has no habits to lose.
  EXPECT_EQ(Judge(reference, At(1), kHabits).bets, 0);
}

TEST(StreamReference, AnAnswerInAnUnusualLanguagePays) {
  StreamReference reference{ReferenceOptions()};
  const auto row = [&](int i, uint8_t asked, uint8_t answered) {
    Scored s = At(i);
    s.expected_language = asked;
    s.answer_language = answered;
    return s;
  };
  // Asked in 2, healthy traffic answers in 1: a translator.
  for (int i = 0; i < 200; ++i)
    reference.LearnImported(row(i, i % 2 == 0 ? 1 : 2, 1));
  reference.Fit();
  constexpr char kPair[] = "language_mixing/rare_pair";
  EXPECT_GT(Judge(reference, row(0, 1, 3), kPair).e[3], 10);
  EXPECT_GT(Judge(reference, row(0, 2, 2), kPair).e[3], 10);
  EXPECT_LT(Judge(reference, row(0, 2, 1), kPair).e[3], 1);
  EXPECT_EQ(Judge(reference, row(0, 2, 0), kPair).bets, 0);
  EXPECT_EQ(Judge(reference, row(0, 9, 1), kPair).bets, 0);
}

TEST(StreamReference, CountsImportedRowsBeyondThoseItKeeps) {
  StreamReference reference = Imported(3000, 16);
  EXPECT_EQ(reference.rows(), static_cast<size_t>(kMaxReferenceRows));
  // Rows a second apart make no block, so the tolerance is of the count alone.
  Draw draw(17);
  StreamReference dense{ReferenceOptions()};
  for (int i = 0; i < 3000; ++i) {
    Scored s = WithLength(0, 1000, draw);
    s.start = absl::FromUnixSeconds(1700000000 + i);
    dense.LearnImported(s);
  }
  dense.Fit();
  EXPECT_NEAR(dense.LengthToleranceForTest(), 2 / std::sqrt(3000), 1e-9);
}

TEST(StreamReference, SessionsStratifyRatesByTheirLastOutcome) {
  // Sticky sessions: an outcome repeats the one before nine times in ten.
  Draw draw(18);
  StreamReference reference{ReferenceOptions()};
  const auto make = [](int64_t i, uint64_t session, bool boxed) {
    Scored s = At(i);
    s.session = session;
    s.reading(Feature::kBoxed) = boxed ? 1.0F : 0.0F;
    return s;
  };
  int64_t i = 0;
  for (uint64_t session = 1; session <= 100; ++session) {
    bool boxed = draw.Chance(.5);
    for (int turn = 0; turn < 10; ++turn) {
      reference.LearnImported(make(i++, session, boxed));
      if (draw.Chance(.1)) boxed = !boxed;
    }
  }
  reference.Fit();
  constexpr char kAppears[] = "format_markers/boxed_appears";
  Judge(reference, make(i++, 1001, true), kAppears);
  const PayOff after_boxed = Judge(reference, make(i++, 1001, true), kAppears);
  Judge(reference, make(i++, 1002, false), kAppears);
  const PayOff after_plain = Judge(reference, make(i++, 1002, true), kAppears);
  ASSERT_GT(after_plain.bets, 0);
  EXPECT_LT(after_plain.expected, .25);
  EXPECT_GT(after_boxed.expected, .75);
}

TEST(StreamReference, AMarkerThatIsAlwaysThereCanOnlyVanish) {
  StreamReference reference{ReferenceOptions()};
  for (int i = 0; i < 200; ++i) {
    Scored s = At(i);
    s.reading(Feature::kBoxed) = 1;
    reference.LearnImported(s);
  }
  reference.Fit();
  Scored s = At(200);
  s.reading(Feature::kBoxed) = 0;
  EXPECT_EQ(Judge(reference, s, "format_markers/boxed_appears").bets, 0);
  const PayOff p = Judge(reference, s, "format_markers/boxed_vanishes");
  ASSERT_EQ(p.bets, 4);
  for (size_t j = 0; j < 4; ++j) EXPECT_GT(p.e[j], 1);
  // No reading, no word.
  EXPECT_EQ(Judge(reference, At(201), "format_markers/boxed_vanishes").bets, 0);
}

TEST(StreamReference, ReasoningIsAskedOnlyWhereATenthCameWithIt) {
  for (int share : {5, 20}) {
    StreamReference reference{ReferenceOptions()};
    for (int i = 0; i < 200; ++i) {
      Scored s = At(i);
      s.reading(Feature::kReasoningTokens) = i % 100 < share ? 8.0F : 0.0F;
      reference.LearnImported(s);
    }
    reference.Fit();
    Scored s = At(200);
    s.reading(Feature::kReasoningTokens) = 1;
    EXPECT_EQ(Judge(reference, s, "length_collapse/reasoning_tokens").bets > 0,
              share >= 10)
        << share;
  }
}

TEST(StreamReference, PredictsHowFastAHalvedLengthIsSeen) {
  StreamReference reference = Imported(2000, 19);
  const double growth = reference.HalvedLengthGrowth();
  // KL of a shift by ln 2 / .8 sd is .375 nats; a bet can't beat it.
  EXPECT_GT(growth, .2);
  EXPECT_LT(growth, .41);
}

TEST(StreamReference, MoreThanTheKeptStrataShareOneWithoutHarm) {
  Draw draw(20);
  StreamReference reference{ReferenceOptions()};
  for (int i = 0; i < 3 * kMaxStrata * 20; ++i) {
    Scored s = WithLength(i, 1000, draw);
    s.stratum.task = static_cast<uint8_t>(i % (3 * kMaxStrata));
    reference.LearnImported(s);
  }
  reference.Fit();
  Scored s = WithLength(0, 1000, draw);
  s.stratum.task = 200;
  EXPECT_TRUE(reference.Covered(s));
}

}  // namespace
}  // namespace reasonwatch
