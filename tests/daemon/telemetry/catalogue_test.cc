// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/catalogue.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

#include "daemon/telemetry/label.h"
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
    EXPECT_EQ(m.name.rfind("reasonwatch_", 0), 0u) << m.name;
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
