// SPDX-License-Identifier: Apache-2.0
// A level is fed pay-offs of its own making, so that each statistic is known
// beforehand: opening and joining first, then holding and closing, the
// finding's content, re-scoring's clearing and renewal, and the stored state.
#include "detectors/level/level.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::ChannelNamed;
using testing::Draw;

constexpr char kCollapse[] = "length_collapse/output_tokens";
constexpr char kBoxed[] = "format_markers/boxed_vanishes";
constexpr Thresholds kThresholds{.warning = 1e4, .critical = 1e6};

// One rank bet's worth of evidence: every bet pays e.
std::vector<PayOff> Paying(double e, double raw = -1,
                           const char* channel = kCollapse) {
  std::vector<PayOff> all(Channels().size());
  PayOff& p = all[ChannelNamed(channel)];
  p.bets = std::string(channel) == kCollapse ? 6 : 4;
  p.e.fill(e);
  p.raw = static_cast<float>(raw);
  return all;
}

class LevelTest : public ::testing::Test {
 protected:
  std::vector<Finding> Feed(const std::vector<PayOff>& pay_offs,
                            const Scored& scored) {
    std::vector<Finding> findings;
    level_.Observe(scored, pay_offs, kThresholds, context_, findings);
    return findings;
  }
  std::vector<Finding> Feed(double e, double raw = -1) {
    return Feed(Paying(e, raw), At(level_.responses()));
  }
  // Feeds e until something is found; -1 if nothing is within `limit`.
  int Until(double e, int limit, std::vector<Finding>& findings) {
    for (int i = 1; i <= limit; ++i) {
      findings = Feed(e);
      if (!findings.empty()) return i;
    }
    return -1;
  }

  LevelContext context_;
  Level level_{Scope::kRoute, "model", "route", ""};
};

TEST_F(LevelTest, WhilePromptsOfANewKindComeItDoesNotPage) {
  context_.new_kinds = true;
  std::vector<Finding> findings;
  ASSERT_GT(Until(3, 50, findings), 0);
  EXPECT_FALSE(findings.at(0).passed_critical);
  // However much evidence comes with them.
  for (int i = 0; i < 200; ++i)
    for (const Finding& f : Feed(30)) EXPECT_FALSE(f.passed_critical);
  // It takes more of it from prompts that are known.
  context_.new_kinds = false;
  EXPECT_TRUE(Feed(1.5).empty());
  ASSERT_GT(Until(3, 20, findings), 0);
  EXPECT_TRUE(findings.at(0).passed_critical);
}

TEST_F(LevelTest, AnAlarmThatHasPagedStaysSoWhenNewPromptsCome) {
  std::vector<Finding> findings;
  ASSERT_GT(Until(3000, 20, findings), 0);
  for (int i = 0; i < 60; ++i)
    for (Finding& f : Feed(3)) findings.push_back(std::move(f));
  ASSERT_TRUE(findings.back().passed_critical);
  context_.new_kinds = true;
  for (int i = 0; i < 60; ++i)
    for (const Finding& f : Feed(3)) EXPECT_TRUE(f.passed_critical);
  EXPECT_TRUE(level_.open(Signal::kLengthCollapse));
}

TEST_F(LevelTest, BrokenOutputPagesWhateverThePromptsAre) {
  context_.new_kinds = true;
  bool paged = false;
  for (int i = 0; i < 100 && !paged; ++i) {
    std::vector<PayOff> all(Channels().size());
    PayOff& p = all[ChannelNamed("repetition_loop/exact_period")];
    p.bets = 4;
    p.e.fill(5);
    p.raw = 1;
    for (const Finding& f : Feed(all, At(level_.responses())))
      paged = paged || f.passed_critical;
  }
  EXPECT_TRUE(paged);
}

TEST_F(LevelTest, OpensWhereTheStatisticReachesGamma) {
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(Feed(.9).empty());
  std::vector<Finding> findings;
  // R after k of e=3 from R0=9: calibrated by 2.15 for ranks.
  double r = level_.statistic(Signal::kLengthCollapse) / 2.15;
  int expected = 0;
  while (2.15 * r < 1e4) {
    r = 3 * (1 + r);
    ++expected;
  }
  EXPECT_EQ(Until(3, 50, findings), expected);
  ASSERT_EQ(findings.size(), 1u);
  const Finding& f = findings[0];
  EXPECT_EQ(f.event, FindingEvent::kOpened);
  EXPECT_EQ(f.signal, Signal::kLengthCollapse);
  EXPECT_EQ(f.channel, kCollapse);
  EXPECT_DOUBLE_EQ(f.channel_share, 1);
  EXPECT_GE(f.statistic, f.threshold);
  EXPECT_FALSE(f.passed_critical);
  EXPECT_EQ(f.onset_id, "r100");
  EXPECT_EQ(f.responses_since_onset, expected);
}

TEST_F(LevelTest, ARateCountsAsItIs) {
  const auto bad = Paying(10, 1, kBoxed);
  std::vector<Finding> findings;
  int steps = 0;
  while (findings.empty() && steps < 20) {
    findings = Feed(bad, At(level_.responses()));
    ++steps;
  }
  // 10 + 100 + 1000 + 10,000.
  EXPECT_EQ(steps, 4);
}

TEST_F(LevelTest, ChannelsOfASignalAreJoinedByWeight) {
  auto both = Paying(1, -1);
  PayOff& other = both[ChannelNamed("length_collapse/single_sentence")];
  other.bets = 4;
  other.e.fill(5);
  Feed(both, At(0));
  // Weights 1 and .5; each is (1 + 0) e.
  EXPECT_NEAR(level_.statistic(Signal::kLengthCollapse),
              (1 * 2.15 * 1 + .5 * 5) / 1.5, 1e-9);
}

TEST_F(LevelTest, TellsWhenItPassesTheCriticalBudget) {
  std::vector<Finding> findings;
  Until(3, 50, findings);
  const int more = Until(3, 50, findings);
  EXPECT_NEAR(more, std::log(100) / std::log(3), 1.1);
  EXPECT_EQ(findings[0].event, FindingEvent::kUpdated);
  EXPECT_TRUE(findings[0].passed_critical);
}

TEST_F(LevelTest, HoldsAndClosesFiftyQuietResponsesAfterRecovery) {
  std::vector<Finding> findings;
  Until(3, 50, findings);
  for (int i = 0; i < 500; ++i) {
    Feed(3);
    ASSERT_TRUE(level_.open(Signal::kLengthCollapse));
  }
  // Held at the critical threshold, 1e6, so that under 1e4/100 is near.
  int closing = 0;
  while (level_.open(Signal::kLengthCollapse) && closing < 500) {
    findings = Feed(.5);
    ++closing;
  }
  EXPECT_EQ(findings[0].event, FindingEvent::kClosed);
  EXPECT_LT(closing, 70);
  EXPECT_GT(closing, 50);
}

// Whatever opened an alarm keeps paying; only more than that is news.
TEST_F(LevelTest, WhatWasClearedIsToldAgainOnlyWhereItGrowsWorse) {
  std::vector<Finding> findings;
  ASSERT_GT(Until(3, 50, findings), 0);
  const double alarm = findings[0].statistic;
  for (int i = 0; i < 60; ++i) Feed(3);
  level_.Clear(Signal::kLengthCollapse);
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(Feed(3).empty());
  const int asked_again = Until(6, 100, findings);
  ASSERT_GT(asked_again, 0);
  EXPECT_TRUE(findings[0].renewed);
  EXPECT_EQ(findings[0].event, FindingEvent::kUpdated);
  EXPECT_GE(findings[0].statistic, 100 * alarm);
  // Twice the pay-off that was cleared: each pays 2. While each pays 1, R
  // counts them.
  double r = 5000;
  int expected = 0;
  for (; 2.15 * r < 100 * alarm; ++expected) r = 2 * (1 + r);
  EXPECT_NEAR(asked_again, expected, 1);
  EXPECT_NEAR(findings[0].effect.value, .5, 1e-6);
  // Once, until that is cleared too.
  const double renewed = findings[0].statistic;
  for (int i = 0; i < 60; ++i)
    for (const Finding& f : Feed(6)) EXPECT_FALSE(f.renewed);
  level_.Clear(Signal::kLengthCollapse);
  for (int i = 0; i < 5000; ++i) EXPECT_TRUE(Feed(6).empty());
  ASSERT_GT(Until(12, 100, findings), 0);
  EXPECT_GE(findings[0].statistic, 100 * renewed);
}

TEST_F(LevelTest, WhatNobodyClearedIsNotRenewed) {
  std::vector<Finding> findings;
  level_.Clear(Signal::kLengthCollapse);  // not open: no effect
  ASSERT_GT(Until(3, 50, findings), 0);
  for (int i = 0; i < 100; ++i) Feed(3);
  for (int i = 0; i < 500; ++i)
    for (const Finding& f : Feed(50)) EXPECT_FALSE(f.renewed);
  // Evidence of a change that is over is forgotten with it.
  level_.Clear(Signal::kLengthCollapse);
  while (level_.open(Signal::kLengthCollapse)) Feed(.5);
  ASSERT_GT(Until(3, 50, findings), 0);
  for (int i = 0; i < 500; ++i)
    for (const Finding& f : Feed(50)) EXPECT_FALSE(f.renewed);
}

TEST_F(LevelTest, AnotherChannelOfAClearedSignalIsNews) {
  std::vector<Finding> findings;
  ASSERT_GT(Until(3, 50, findings), 0);
  auto both = Paying(3);
  PayOff& other = both[ChannelNamed("length_collapse/single_sentence")];
  other.bets = 4;
  other.e.fill(.9);
  for (int i = 0; i < 60; ++i) Feed(both, At(level_.responses()));
  level_.Clear(Signal::kLengthCollapse);
  for (int i = 0; i < 1000; ++i)
    EXPECT_TRUE(Feed(both, At(level_.responses())).empty());
  other.e.fill(4);
  other.raw = 1;
  findings.clear();
  for (int i = 0; findings.empty() && i < 50; ++i)
    findings = Feed(both, At(level_.responses()));
  ASSERT_FALSE(findings.empty());
  EXPECT_TRUE(findings[0].renewed);
  EXPECT_EQ(findings[0].effect.unit, "points");
}

// As if the whole reference read the same: a healthy response pays 1.
TEST_F(LevelTest, WhatSaysNothingTakesAnOpenAlarmDown) {
  std::vector<Finding> findings;
  Until(3, 50, findings);
  Feed(3);
  ASSERT_TRUE(level_.open(Signal::kLengthCollapse));
  int closing = 0;
  double last = level_.statistic(Signal::kLengthCollapse);
  while (level_.open(Signal::kLengthCollapse) && closing < 500) {
    Feed(1);
    const double now = level_.statistic(Signal::kLengthCollapse);
    // R <- .9 (R + 1), counted 2.15-fold.
    EXPECT_NEAR(now, .9 * (last + 2.15), 1e-6 * last);
    last = now;
    ++closing;
  }
  // Down a hundredfold and then fifty quiet ones.
  EXPECT_GT(closing, std::log(100) / -std::log(.9) + 40);
  EXPECT_LT(closing, std::log(300) / -std::log(.9) + 60);
  // Closed, it loses nothing that way.
  last = level_.statistic(Signal::kLengthCollapse);
  Feed(1);
  EXPECT_NEAR(level_.statistic(Signal::kLengthCollapse), last + 2.15, 1e-9);
}

TEST_F(LevelTest, OnlyWhatSaysNothingOfTheOpenSignalDecays) {
  std::vector<Finding> findings;
  const auto unboxed = Paying(2, 1, kBoxed);
  for (int i = 0; i < 5; ++i) Feed(unboxed, At(level_.responses()));
  Until(3, 50, findings);
  ASSERT_TRUE(level_.open(Signal::kLengthCollapse));
  ASSERT_FALSE(level_.open(Signal::kFormatMarkers));
  const double format = level_.statistic(Signal::kFormatMarkers);
  const double length = level_.statistic(Signal::kLengthCollapse);
  Feed(Paying(1, 0, kBoxed), At(level_.responses()));
  EXPECT_NEAR(level_.statistic(Signal::kFormatMarkers), format + 1, 1e-9);
  EXPECT_EQ(level_.statistic(Signal::kLengthCollapse), length);
  // One bet that pays is something said.
  auto some = Paying(1);
  some[ChannelNamed(kCollapse)].e[0] = 1.1;
  Feed(some, At(level_.responses()));
  EXPECT_GT(level_.statistic(Signal::kLengthCollapse), length);
}

TEST_F(LevelTest, IsQuietWhereNoBucketIsInsideAnExcursion) {
  EXPECT_TRUE(level_.Quiet());
  Feed(3);
  EXPECT_FALSE(level_.Quiet());
  EXPECT_TRUE(level_.Quiet(Signal::kFormatMarkers));
  Feed(.2);
  EXPECT_TRUE(level_.Quiet());
  // A late turn pays, and then first turns take the whole down again.
  Scored late = At(level_.responses());
  late.stratum.turn = 2;
  Feed(Paying(3), late);
  Feed(.2);
  EXPECT_FALSE(level_.Quiet());
  EXPECT_FALSE(level_.Quiet(Signal::kLengthCollapse));
}

// The many channels with a small weight would hardly ever be quiet together.
TEST_F(LevelTest, IsQuietWhateverItsSmallChannelsDo) {
  for (const ChannelSpec& spec : Channels()) {
    Level level(Scope::kRoute, "model", "route", "");
    std::vector<PayOff> all(Channels().size());
    PayOff& p = all[ChannelNamed(spec.name)];
    p.bets = static_cast<int>(BetShares(spec.question).size());
    p.e.fill(2);
    std::vector<Finding> findings;
    level.Observe(At(0), all, kThresholds, context_, findings);
    const double budget =
        kSignals[static_cast<size_t>(spec.signal)].budget_weight * spec.weight;
    EXPECT_EQ(level.Quiet(), budget < .25) << spec.name;
    EXPECT_FALSE(level.Quiet(spec.signal)) << spec.name;
  }
}

TEST_F(LevelTest, ASparseStreamClosesAfterADay) {
  context_.responses_per_day = 10;
  std::vector<Finding> findings;
  Until(3, 50, findings);
  absl::Time now = level_.last_response();
  int closing = 0;
  while (level_.open(Signal::kLengthCollapse) && closing < 100) {
    Scored s = At(0);
    s.start = now += absl::Hours(2);
    Feed(Paying(.1), s);
    ++closing;
  }
  EXPECT_LT(closing, 50);
  EXPECT_GE(closing, 13);
}

TEST_F(LevelTest, OpensNothingThatMayNotOrIsSwitchedOff) {
  context_.may_open = false;
  std::vector<Finding> findings;
  EXPECT_EQ(Until(3, 50, findings), -1);
  context_.may_open = true;
  context_.enabled_signals = ~(1u << static_cast<int>(Signal::kLengthCollapse));
  EXPECT_EQ(Until(3, 50, findings), -1);
}

TEST_F(LevelTest, EffectOfFiftyFreshResponsesCoversTheTruth) {
  Draw draw(3);
  std::vector<Finding> findings;
  Until(3, 50, findings);
  // Halved, with a spread of one octave.
  Finding last;
  for (int i = 0; i < 120; ++i)
    for (const Finding& f : Feed(1.5, -1 + draw.Normal())) last = f;
  EXPECT_EQ(last.effect.unit, "ratio");
  EXPECT_LT(last.effect.low, .5);
  EXPECT_GT(last.effect.high, .5);
  EXPECT_NEAR(last.effect.value, .5, .15);
}

TEST_F(LevelTest, TheIntervalAtTheAlarmIsWiderThanTheFreshOne) {
  Draw draw(4);
  std::vector<Finding> findings;
  while (findings.empty()) findings = Feed(1.3, -1 + draw.Normal());
  const Effect at_alarm = findings[0].effect;
  findings.clear();
  for (int i = 0; i < 60; ++i)
    for (const Finding& f : Feed(1.01, -1 + draw.Normal()))
      findings.push_back(f);
  ASSERT_FALSE(findings.empty());
  const Effect fresh = findings.back().effect;
  EXPECT_GT(at_alarm.high / at_alarm.low, fresh.high / fresh.low);
}

TEST_F(LevelTest, VanishedMarkersAreALossInPoints) {
  auto missing = Paying(10, 1, kBoxed);
  missing[ChannelNamed(kBoxed)].expected = .1F;
  std::vector<Finding> findings;
  while (findings.empty()) findings = Feed(missing, At(level_.responses()));
  EXPECT_EQ(findings[0].effect.unit, "points");
  EXPECT_NEAR(findings[0].effect.value, -.9, 1e-6);
}

TEST_F(LevelTest, LongSessionsLeadWhereOnlyTheyChanged) {
  std::vector<Finding> findings;
  for (int i = 0; findings.empty() && i < 400; ++i) {
    Scored s = At(i);
    s.stratum.turn = i % 4 == 0 ? 2 : 0;
    findings = Feed(Paying(s.stratum.turn == 2 ? 3 : .5), s);
  }
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].strata, std::vector<std::string>{"turns 6 and later"});
}

TEST_F(LevelTest, AFullContextLeadsWhereOnlyItChanged) {
  std::vector<Finding> findings;
  for (int i = 0; findings.empty() && i < 400; ++i) {
    Scored s = At(i);
    s.stratum.fill = i % 4 == 0 ? 2 : 0;
    findings = Feed(Paying(s.stratum.fill == 2 ? 3 : .5), s);
  }
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].strata,
            std::vector<std::string>{"context fill 75 % and over"});
}

TEST_F(LevelTest, SupportingEvidenceOpensNothingByItself) {
  constexpr char kRubric[] = "answer_chain_mismatch/rubric_low";
  constexpr char kAbsent[] = "answer_chain_mismatch/not_in_chain";
  for (int i = 0; i < 100; ++i)
    ASSERT_TRUE(Feed(Paying(5, 1, kRubric), At(i)).empty());
  EXPECT_EQ(level_.statistic(Signal::kAnswerChainMismatch), 0);
  // It counts as much as the others, and does not lead.
  std::vector<PayOff> both = Paying(2, 1, kAbsent);
  both[ChannelNamed(kRubric)] = Paying(5, 1, kRubric)[ChannelNamed(kRubric)];
  Level alone(Scope::kRoute, "model", "route", "");
  std::vector<Finding> findings;
  for (int i = 100; i < 106; ++i) {
    findings = Feed(both, At(i));
    std::vector<Finding> unused;
    alone.Observe(At(i), Paying(2, 1, kAbsent), kThresholds, context_, unused);
  }
  // Twice the evidence, over 1.5 times the weight.
  EXPECT_NEAR(level_.statistic(Signal::kAnswerChainMismatch),
              alone.statistic(Signal::kAnswerChainMismatch) * 2 / 1.5, 1e-6);
  while (findings.empty()) findings = Feed(both, At(level_.responses()));
  EXPECT_EQ(findings[0].channel, kAbsent);
}

TEST_F(LevelTest, NoDataClosesWithoutAResponse) {
  std::vector<Finding> findings;
  Until(3, 50, findings);
  findings.clear();
  level_.CloseForNoData(level_.last_response() + absl::Hours(200), findings);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].event, FindingEvent::kClosed);
  EXPECT_TRUE(findings[0].response_id.empty());
  EXPECT_FALSE(level_.any_open());
}

TEST_F(LevelTest, AResponseThatWeighsNothingOnlyShowsThatTrafficIsThere) {
  std::vector<Finding> findings;
  for (bool open : {false, true}) {
    if (open) {
      ASSERT_GT(Until(3, 50, findings), 0);
    }
    for (int i = 0; i < 20; ++i) Feed(.9);
    const absl::Time later = At(level_.responses()).start + absl::Hours(30);
    StateWriter before;
    before.Field("state", level_);
    for (int i = 0; i < 100; ++i) {
      std::vector<PayOff> weightless = Paying(i % 2 == 0 ? 9 : .1);
      for (PayOff& p : weightless) p.weight = 0;
      Scored scored = At(level_.responses());
      EXPECT_TRUE(Feed(weightless, scored).empty());
      scored.start = later;
      EXPECT_TRUE(Feed(weightless, scored).empty());
      EXPECT_EQ(level_.last_response(), later);
    }
    // A response that has no say is not the same: it is one more.
    std::vector<PayOff> weightless(Channels().size());
    for (PayOff& p : weightless) p.weight = 0;
    const int64_t responses = level_.responses();
    Scored last = At(responses - 1);
    EXPECT_TRUE(Feed(weightless, last).empty());
    StateWriter after;
    after.Field("state", level_);
    EXPECT_EQ(after.Finish(), before.Finish()) << open;
    EXPECT_EQ(level_.responses(), responses);
  }
}

TEST_F(LevelTest, RestoredItGoesOnAsBefore) {
  for (int i = 0; i < 300; ++i) Feed(.9 + .2 * (i % 2));
  StateWriter out;
  out.Field("state", level_);
  const std::string bytes = out.Finish();
  Level other(Scope::kRoute, "model", "route", "");
  StateReader in(bytes);
  in.ReadVersions();
  in.Field("state", other);
  ASSERT_TRUE(in.AtEnd());
  StateWriter again;
  again.Field("state", other);
  EXPECT_EQ(again.Finish(), bytes);
  for (int i = 300; i < 330; ++i) {
    std::vector<Finding> a = Feed(2.0);
    std::vector<Finding> b;
    other.Observe(At(i), Paying(2.0), kThresholds, context_, b);
    ASSERT_EQ(a.size(), b.size());
    if (!a.empty()) {
      EXPECT_EQ(a[0].statistic, b[0].statistic);
      EXPECT_EQ(a[0].onset_id, b[0].onset_id);
    }
  }
  EXPECT_TRUE(other.any_open());
}

TEST_F(LevelTest, RestoredItKnowsWhatWasCleared) {
  std::vector<Finding> findings;
  ASSERT_GT(Until(3, 50, findings), 0);
  for (int i = 0; i < 60; ++i) Feed(3);
  level_.Clear(Signal::kLengthCollapse);
  for (int i = 0; i < 10; ++i) Feed(4);
  StateWriter out;
  out.Field("state", level_);
  const std::string bytes = out.Finish();
  Level other(Scope::kRoute, "model", "route", "");
  StateReader in(bytes);
  in.ReadVersions();
  in.Field("state", other);
  ASSERT_TRUE(in.AtEnd());
  StateWriter again;
  again.Field("state", other);
  EXPECT_EQ(again.Finish(), bytes);
  bool renewed = false;
  for (int i = 0; i < 100 && !renewed; ++i) {
    const Scored s = At(level_.responses());
    std::vector<Finding> b;
    other.Observe(s, Paying(6), kThresholds, context_, b);
    const std::vector<Finding> a = Feed(6);
    ASSERT_EQ(a.size(), b.size());
    if (a.empty()) continue;
    EXPECT_EQ(a[0].statistic, b[0].statistic);
    renewed = b[0].renewed;
  }
  EXPECT_TRUE(renewed);
}

}  // namespace
}  // namespace reasonwatch
