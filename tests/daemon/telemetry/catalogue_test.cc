// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/catalogue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "daemon/telemetry/label.h"
#include "daemon/telemetry/watched_series.h"
#include "detectors/signals/channel.h"
#include "tests/source_dir.h"

namespace reasonwatch {
namespace {

TEST(Catalogue, StandsInTheOrderOfTheEnumeration) {
  ASSERT_EQ(MetricCatalogue().size(), static_cast<size_t>(kMetricCount));
  std::set<std::string_view> names;
  for (size_t i = 0; i < kMetricCount; ++i) {
    const MetricInfo& m = MetricCatalogue()[i];
    EXPECT_EQ(m.metric, static_cast<Metric>(i)) << m.name;
    EXPECT_TRUE(names.insert(m.name).second) << m.name;
    EXPECT_TRUE(m.name.starts_with("reasonwatch_") ||
                m.name.starts_with("process_"))
        << m.name;
    EXPECT_EQ(m.type == MetricType::kCounter, m.name.ends_with("_total"))
        << m.name;
    EXPECT_FALSE(m.tells.empty()) << m.name;
  }
}

// After a change: run with REASONWATCH_UPDATE_GOLDEN=1.
TEST(Catalogue, IsTheDocumentedOne) {
  const std::string path =
      std::string(REASONWATCH_SOURCE_DIR) + "/docs/metrics.md";
  if (std::getenv("REASONWATCH_UPDATE_GOLDEN") != nullptr)
    std::ofstream(path) << MetricsMarkdown();
  std::ifstream file(path);
  std::stringstream documented;
  documented << file.rdbuf();
  EXPECT_EQ(documented.str(), MetricsMarkdown());
}

// Every reading that a channel of a signal uses is shown by some family.
TEST(Catalogue, ShowsEveryReadingThatASignalUses) {
  const auto within = [](const auto& list, Feature f) {
    return std::find(list.begin(), list.end(), f) != list.end();
  };
  // Lengths and their estimates, which the histograms of tokens show, and two
  // with a counter of their own.
  constexpr std::array<Feature, 6> kElsewhere = {
      Feature::kOutputTokens,          Feature::kReasoningTokens,
      Feature::kEstimatedOutputTokens, Feature::kEstimatedReasoningTokens,
      Feature::kZeroThinking,          Feature::kSplitDiffers};
  ASSERT_FALSE(Channels().empty());
  for (const ChannelSpec& channel : Channels()) {
    if (channel.feature == Feature::kCount) continue;  // reads no feature
    EXPECT_TRUE(
        within(kShownMarkers, channel.feature) ||
        within(kShownReadings, channel.feature) ||
        within(kShownAmounts, channel.feature) ||
        within(kElsewhere, channel.feature) ||
        std::any_of(kShownRubric.begin(), kShownRubric.end(),
                    [&](const auto& r) { return r.first == channel.feature; }))
        << channel.name;
  }
}

TEST(Label, IsCutAtACharacterAndRepaired) {
  EXPECT_EQ(LabelValue("gpt-\xC3\xA9"), "gpt-\xC3\xA9");
  EXPECT_EQ(LabelValue("a\xFF\xC3z"), "a??z");
  EXPECT_EQ(LabelValue("\xED\xA0\x80"), "???");  // a surrogate
  EXPECT_EQ(LabelValue("\xF0\x9F\x98\x80"), "\xF0\x9F\x98\x80");
  EXPECT_EQ(LabelValue(std::string(500, 'x')).size(), kMaxLabelValueBytes);
  EXPECT_EQ(LabelValue(std::string(kMaxLabelValueBytes - 1, 'x') + "\xC3\xA9"),
            std::string(kMaxLabelValueBytes - 1, 'x'));
}

}  // namespace
}  // namespace reasonwatch
