// SPDX-License-Identifier: Apache-2.0
// Repeats of a prompt and turns of a session share their evidence; usual ones
// do not.
#include "detectors/traffic/heard_lately.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "core/finding.h"
#include "core/scored.h"
#include "detectors/model_watch.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::Draw;
using testing::WithLength;

constexpr int kMany = 5000;

TEST(HeardLately, UsualPromptsWeighOneWhateverTheirShares) {
  Draw draw(1);
  for (const int problems : {1, 3, 20, 60, 300, 2000}) {
    // Some problems are asked ten times as often as others.
    std::vector<double> shares(static_cast<size_t>(problems));
    double all = 0;
    for (double& share : shares) all += share = draw.Chance(.2) ? 10 : 1;
    for (double& share : shares) share /= all;
    HeardLately heard;
    double sum = 0;
    for (int i = 0; i < kMany; ++i) {
      double left = draw.Uniform();
      size_t problem = 0;
      while (problem + 1 < shares.size() && left > shares[problem])
        left -= shares[problem++];
      sum +=
          heard.Observe(static_cast<uint32_t>(problem) + 1, 0, shares[problem]);
    }
    EXPECT_GT(sum / kMany, .97) << problems;
  }
}

TEST(HeardLately, AHotPromptIsAFewObservations) {
  Draw draw(2);
  for (const double share : {.05, .3, .9}) {
    HeardLately heard;
    double hot = 0, others = 0;
    int count = 0;
    for (int i = 0; i < kMany; ++i) {
      if (draw.Chance(share)) {
        hot += heard.Observe(7, 0, 0);
        continue;
      }
      others += heard.Observe(static_cast<uint32_t>(100 + i), 0, 0);
      ++count;
    }
    // About one each time that the ring is full, and a few at first.
    EXPECT_LT(hot, 1.3 * kMany / HeardLately::kRing + 10) << share;
    EXPECT_EQ(others, count) << share;
  }
}

TEST(HeardLately, TurnsOfOneSessionShareWhereSessionsAreShort) {
  Draw draw(3);
  HeardLately heard;
  uint64_t next = 1;
  std::vector<std::pair<uint64_t, int>> open;  // session, turns that are left
  const auto usual = [&] {
    if (open.size() < 12) open.emplace_back(next++ << 8, 1 + draw.Below(6));
    const auto at =
        static_cast<size_t>(draw.Below(static_cast<int>(open.size())));
    const uint64_t session = open[at].first;
    if (--open[at].second == 0) {
      open[at] = open.back();
      open.pop_back();
    }
    return session;
  };
  for (int i = 0; i < kMany; ++i)
    EXPECT_EQ(heard.Observe(0, usual(), 0), 1) << i;
  double agent = 0, others = 0;
  for (int i = 0; i < 600; ++i) {
    agent += heard.Observe(0, 1, 0);
    others += heard.Observe(0, usual(), 0);
  }
  EXPECT_LT(agent, 25);
  EXPECT_EQ(others, 600);
}

TEST(HeardLately, AStreamOfOneSessionIsJudged) {
  HeardLately heard;
  double last = 0;
  for (int i = 0; i < kMany; ++i) last = heard.Observe(0, 1, 0);
  EXPECT_EQ(last, 1);
}

TEST(HeardLately, NothingIsKnownOfResponsesThatNameNothing) {
  HeardLately heard;
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(heard.Observe(0, 0, 0), 1);
}

TEST(HeardLately, GoesOnAfterItWasStored) {
  Draw draw(4);
  HeardLately heard;
  const auto observe = [](HeardLately& h, Draw& d) {
    return h.Observe(static_cast<uint32_t>(1 + d.Below(9)),
                     static_cast<uint64_t>(d.Below(5)), .05);
  };
  for (int i = 0; i < 400; ++i) observe(heard, draw);
  StateWriter out;
  Describe(out, heard);
  HeardLately again;
  const std::string bytes = out.Finish();
  StateReader in(bytes);
  Describe(in, again);
  ASSERT_TRUE(in.ok());
  Draw same = draw;
  for (int i = 0; i < 400; ++i)
    EXPECT_EQ(observe(heard, draw), observe(again, same));
}

// Live traffic after a reference: every second response is of `sessions`
// sessions with lengths that are four times shorter.
bool Alarms(int sessions) {
  WatchOptions options;
  options.budget.mean_responses = 1e5;
  ModelWatch watch("model", options);
  Draw draw(5);
  int64_t next = -2500;
  for (; next < 0; ++next) watch.LearnImported(WithLength(next, 1000, draw));
  watch.FinishImport();
  bool alarms = false;
  for (int i = 0; i < 2000; ++i, ++next) {
    Scored s = WithLength(next, 1000, draw);
    s.session = static_cast<uint64_t>(1000 + i);
    if (i >= 1500 && i % 2 == 0) {
      s.reading(Feature::kOutputTokens) -= 2;
      s.session = static_cast<uint64_t>(1 + i / 2 % sessions);
    }
    alarms = !watch.Observe(s).empty() || alarms;
  }
  return alarms;
}

TEST(HeardLately, OneAgentIsNoAlarmButManySessionsAre) {
  EXPECT_FALSE(Alarms(1));
  EXPECT_TRUE(Alarms(250));
}

}  // namespace
}  // namespace reasonwatch
