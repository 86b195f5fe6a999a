// SPDX-License-Identifier: Apache-2.0
// References of few prompts that were asked often, beside those of as many
// rows and as many prompts.
#include "detectors/reference/prompt_clusters.h"

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "detectors/model_watch.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::Draw;

// A response to one of many prompts. Answers to a prompt share `own`, in
// octaves of length; the rest differs each time.
struct Prompt {
  std::vector<uint16_t> terms;
  double own = 0;
};
Prompt Fresh(Draw& draw, double between) {
  Prompt prompt;
  for (int i = 0; i < 6; ++i)
    prompt.terms.push_back(static_cast<uint16_t>(i * 600 + draw.Below(600)));
  prompt.own = between * draw.Normal();
  return prompt;
}
Scored Answer(int64_t index, const Prompt& prompt, double within, Draw& draw) {
  Scored s = At(index);
  s.prompt_terms = prompt.terms;
  s.reading(Feature::kOutputTokens) =
      static_cast<float>(10 + prompt.own + within * draw.Normal());
  return s;
}

PromptClusters Clusters(int prompts, int times, double between, double within,
                        uint64_t seed) {
  Draw draw(seed);
  std::vector<PackedRow> rows;
  for (int p = 0; p < prompts; ++p) {
    const Prompt prompt = Fresh(draw, between);
    for (int t = 0; t < times; ++t)
      rows.emplace_back(Answer(p * times + t, prompt, within, draw));
  }
  std::vector<const PackedRow*> pointers;
  for (const PackedRow& row : rows) pointers.push_back(&row);
  return PromptClusters(pointers);
}

TEST(PromptClusters, RowsOfOnePromptAreWorthOneIfTheyAreAlike) {
  EXPECT_EQ(Clusters(200, 1, 1, 1, 1).DesignEffect(Feature::kOutputTokens), 1);
  const auto effect = [](double between, double within) {
    return Clusters(60, 16, between, within, 2)
        .DesignEffect(Feature::kOutputTokens);
  };
  EXPECT_NEAR(effect(1, .01), 16, .1);
  EXPECT_NEAR(effect(0, 1), 1, .5);
  // Half of the variance between prompts: 1 + 15 / 2.
  EXPECT_NEAR(effect(1, 1), 8.5, 2);
  // A feature that was never read.
  EXPECT_EQ(Clusters(60, 16, 1, 1, 3).DesignEffect(Feature::kBoxed), 1);
}

TEST(PromptClusters, KnowsItsPrompts) {
  const PromptClusters clusters = Clusters(60, 4, 1, 1, 4);
  EXPECT_EQ(clusters.prompts(), 60u);
  Draw again(4);
  EXPECT_TRUE(clusters.Knows(Fresh(again, 1).terms));
  Draw other(5);
  EXPECT_FALSE(clusters.Knows(Fresh(other, 1).terms));
  EXPECT_FALSE(clusters.Knows({}));
}

// Findings of a healthy watch, and the responses until a collapse is found.
struct Outcome {
  int false_alarms = 0;
  int found = 0;
};
Outcome Watch(int prompts, int times, uint64_t first_seed) {
  constexpr int kSeeds = 20;
  constexpr int kHealthy = 800;
  constexpr int kCollapsed = 300;
  Outcome outcome;
  for (uint64_t seed = first_seed; seed < first_seed + kSeeds; ++seed) {
    Draw draw(seed);
    WatchOptions options;
    options.budget.mean_responses = 1e4;
    options.reference.freeze = true;
    ModelWatch watch("model", options);
    int64_t index = -prompts * times;
    for (int p = 0; p < prompts; ++p) {
      const Prompt prompt = Fresh(draw, .8);
      for (int t = 0; t < times; ++t)
        watch.LearnImported(Answer(index++, prompt, .4, draw));
    }
    watch.FinishImport();
    const auto opened = [&](double shift) {
      Scored s = Answer(index++, Fresh(draw, .8), .4, draw);
      s.reading(Feature::kOutputTokens) -= static_cast<float>(shift);
      for (const Finding& f : watch.Observe(s))
        if (f.event == FindingEvent::kOpened) return true;
      return false;
    };
    bool alarmed = false;
    for (int i = 0; i < kHealthy && !alarmed; ++i) alarmed = opened(0);
    outcome.false_alarms += alarmed;
    bool found = alarmed;
    for (int i = 0; i < kCollapsed && !found; ++i) found = opened(2.5);
    outcome.found += found;
  }
  return outcome;
}

TEST(PromptClusters, FewPromptsAskedOftenRaiseNoFalseAlarms) {
  const Outcome few = Watch(60, 8, 100);
  const Outcome many = Watch(480, 1, 100);
  EXPECT_LE(few.false_alarms, many.false_alarms + 1);
  EXPECT_EQ(few.found, 20);
  EXPECT_EQ(many.found, 20);
}

}  // namespace
}  // namespace reasonwatch
