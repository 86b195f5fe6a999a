// SPDX-License-Identifier: Apache-2.0
// Lengths from two sources, the server's counts and our estimates, in one
// stream: a change of the source is no change of the length, and hides none.
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "detectors/model_watch.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::Draw;

// Who counts, and what this tokenizer makes of one token of our estimate.
struct Counting {
  bool server = true;
  double scale = 1.35;
  bool text = true;    // without it there is no estimate
  bool stated = true;  // false: as if the two were one
};
constexpr Counting kServer = {};
constexpr Counting kNobody = {.server = false};
constexpr Counting kOtherTokenizer = {.scale = 1.35 * 1.12};

// A response whose reasoning has about `median` tokens by our estimate.
Scored Make(int64_t i, double median, const Counting& by, Draw& draw) {
  Scored s = At(i);
  const double reasoning = median * std::exp(.35 * draw.Normal());
  const double output = reasoning + 120 * std::exp(.2 * draw.Normal());
  const double scale = by.scale * std::exp(.1 * draw.Normal());
  const auto log2 = [](double tokens) {
    return static_cast<float>(std::log2(1 + tokens));
  };
  if (by.text) {
    s.reading(Feature::kEstimatedOutputTokens) = log2(output);
    s.reading(Feature::kEstimatedReasoningTokens) = log2(reasoning);
  }
  s.reading(Feature::kOutputTokens) = log2(output * (by.server ? scale : 1));
  s.reading(Feature::kReasoningTokens) =
      log2(reasoning * (by.server ? scale : 1));
  s.lengths.output_estimated = s.lengths.reasoning_estimated =
      by.stated && !by.server;
  if (!by.stated)
    s.reading(Feature::kEstimatedOutputTokens) =
        s.reading(Feature::kEstimatedReasoningTokens) = kNoReading;
  return s;
}

constexpr double kMedian = 800;
constexpr int kReference = 800;
constexpr int kHealthy = 1500;

struct Stream {
  Stream(uint64_t seed, const Counting& reference)
      : watch("model", Options()), draw(seed) {
    for (int i = 0; i < kReference; ++i)
      watch.LearnImported(Make(i - kReference, kMedian, reference, draw));
    watch.FinishImport();
  }
  static WatchOptions Options() {
    WatchOptions options;
    options.budget.mean_responses = 1e5;
    return options;
  }
  // Signals that opened among `n` responses.
  std::vector<Signal> Feed(int n, double median, const Counting& by) {
    std::vector<Signal> opened;
    for (int i = 0; i < n; ++i)
      for (const Finding& f : watch.Observe(Make(next++, median, by, draw)))
        if (f.event == FindingEvent::kOpened) opened.push_back(f.signal);
    return opened;
  }
  // Responses until a collapse to 0.55 of the length is found.
  int Delay(const Counting& by) {
    for (int i = 1; i <= 400; ++i)
      if (!Feed(1, .55 * kMedian, by).empty()) return i;
    return 400;
  }
  ModelWatch watch;
  Draw draw;
  int64_t next = 0;
};

struct Case {
  const char* name;
  Counting reference;
  Counting before;  // the first half of the healthy live responses
  Counting after;
};

// The mean delay, and how many of the seeds raised a false alarm.
struct Outcome {
  int alarms = 0;
  double delay = 0;
};
Outcome RunCase(const Case& c) {
  constexpr int kSeeds = 8;
  Outcome outcome;
  for (int seed = 1; seed <= kSeeds; ++seed) {
    Stream stream(static_cast<uint64_t>(seed), c.reference);
    outcome.alarms += !stream.Feed(kHealthy, kMedian, c.before).empty() ||
                      !stream.Feed(kHealthy, kMedian, c.after).empty();
    if (!stream.watch.AnyOpen()) outcome.delay += stream.Delay(c.after);
  }
  outcome.delay /= kSeeds;
  return outcome;
}

class LengthSources : public ::testing::TestWithParam<Case> {};

TEST_P(LengthSources, AChangeOfTheSourceIsNoneOfTheLength) {
  const Outcome unchanged = RunCase({"", kServer, kServer, kServer});
  ASSERT_EQ(unchanged.alarms, 0);
  const Outcome changed = RunCase(GetParam());
  EXPECT_EQ(changed.alarms, 0);
  EXPECT_LE(changed.delay, 1.15 * unchanged.delay + 1);
  EXPECT_GE(changed.delay, .85 * unchanged.delay - 1);
}

INSTANTIATE_TEST_SUITE_P(
    All, LengthSources,
    ::testing::Values(
        Case{"ReferenceByEstimateLiveByServer", kNobody, kServer, kServer},
        Case{"ReferenceByServerLiveByEstimate", kServer, kNobody, kNobody},
        Case{"UsageVanishes", kServer, kServer, kNobody},
        Case{"UsageAppears", kNobody, kNobody, kServer},
        Case{"AnotherTokenizer", kServer, kServer, kOtherTokenizer},
        Case{"NobodyEverCounts", kNobody, kNobody, kNobody}),
    [](const auto& of) { return std::string(of.param.name); });

// The streams above raise alarms if their sources are mixed.
TEST(LengthSourcesMixed, RaiseAlarms) {
  const Counting unstated = {.stated = false};
  const Counting unstated_estimate = {.server = false, .stated = false};
  EXPECT_GT(RunCase({"", unstated_estimate, unstated, unstated}).alarms, 4);
  EXPECT_GT(RunCase({"", unstated, unstated, unstated_estimate}).alarms, 4);
}

TEST(LengthSourcesMixed, ClientsThatAskForUsageByTurnsAreNoAlarm) {
  Stream stream(5, kServer);
  for (int i = 0; i < kHealthy; ++i)
    ASSERT_TRUE(
        stream.Feed(1, kMedian, i % 3 == 0 ? kNobody : kServer).empty());
  EXPECT_LT(stream.Delay(kServer), 60);
}

// A reference by our estimate says nothing of counts that have no text.
TEST(LengthSourcesMixed, CountsWithoutATextAreNotComparedWithEstimates) {
  Stream stream(6, kNobody);
  const Counting no_text = {.scale = 2.5, .text = false};
  EXPECT_TRUE(stream.Feed(kHealthy, kMedian, no_text).empty());
}

TEST(LengthSourcesMixed, ANewScaleIsRememberedOverARestart) {
  Stream stream(7, kServer);
  stream.Feed(200, kMedian, kOtherTokenizer);
  ModelWatch restored("model", Stream::Options());
  ASSERT_TRUE(restored.Restore(stream.watch.Save(/*all=*/true)).ok());
  EXPECT_EQ(restored.PrintState(), stream.watch.PrintState());
  EXPECT_FALSE(restored.reference("")->CountsComparable());
  for (int i = 0; i < 300; ++i) {
    const Scored s = Make(stream.next++, kMedian, kServer, stream.draw);
    EXPECT_EQ(stream.watch.Observe(s).size(), restored.Observe(s).size());
  }
  EXPECT_TRUE(restored.reference("")->CountsComparable());
  EXPECT_EQ(restored.PrintState(), stream.watch.PrintState());
}

TEST(LengthSourcesMixed, AReferenceKnowsItsSource) {
  EXPECT_EQ(Stream(8, kServer).watch.reference("")->OutputLength(),
            Feature::kOutputTokens);
  const Stream estimated(8, kNobody);
  const StreamReference& reference = *estimated.watch.reference("");
  EXPECT_EQ(reference.OutputLength(), Feature::kEstimatedOutputTokens);
  EXPECT_FALSE(std::isnan(reference.HalvedLengthGrowth()));
}

}  // namespace
}  // namespace reasonwatch
