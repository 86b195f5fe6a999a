// SPDX-License-Identifier: Apache-2.0
// Recorded responses of real models: no reasoning is seen without a
// marker, and marked ones are cut at their first end.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "formats/formats.h"
#include "tests/source_dir.h"

namespace reasonwatch {
namespace {

class RealTexts : public ::testing::TestWithParam<const char*> {};

TEST_P(RealTexts, AreSplitAtTheirMarkersOnly) {
  const std::string path =
      std::string(REASONWATCH_SOURCE_DIR "/../shared/data/dev/") + GetParam();
  std::ifstream in(path);
  if (!in) GTEST_SKIP() << "no recorded responses at " << path;
  const std::string start = "<think>";
  const std::string end = "</think>";
  int rows = 0;
  for (std::string line; std::getline(in, line);) {
    const auto row = nlohmann::json::parse(line);
    const std::string text = row["response"].get<std::string>();
    const std::string id = row["uid"].get<std::string>();
    const SplitResult got = SplitText("auto", "", Thinking::kUnstated, text);
    const bool has_start = text.starts_with(start);
    const size_t end_at = text.find(end);
    if (end_at != std::string::npos) {
      const size_t begin = has_start ? start.size() : 0;
      EXPECT_EQ(got.reasoning, text.substr(begin, end_at - begin)) << id;
      EXPECT_EQ(got.answer, text.substr(end_at + end.size())) << id;
    } else if (has_start) {
      EXPECT_EQ(got.marker_state, MarkerState::kUnclosed) << id;
    } else {
      EXPECT_EQ(got.reasoning, std::nullopt) << id;
      EXPECT_EQ(got.answer, text) << id;
      EXPECT_EQ(got.format, "plain") << id;
    }
    ++rows;
  }
  EXPECT_GT(rows, 0);
}

INSTANTIATE_TEST_SUITE_P(Dev, RealTexts,
                         ::testing::Values("qwen3b_rlft.jsonl",
                                           "quantized_r1_gptq_pairs.jsonl",
                                           "zeroeval_numersense-v2.jsonl",
                                           "llmdrift_leetcode.jsonl"));

}  // namespace
}  // namespace reasonwatch
