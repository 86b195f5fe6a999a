// SPDX-License-Identifier: Apache-2.0
// OpenMetrics: the samples of the text format, and exemplars.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <set>
#include <sstream>
#include <string>

#include "absl/strings/str_format.h"
#include "daemon/telemetry/telemetry.h"
#include "tests/daemon/telemetry/sample.h"

namespace reasonwatch {
namespace {

// The samples of a text, without their exemplars.
std::set<std::string> SamplesOf(const std::string& text) {
  std::set<std::string> samples;
  for (const std::string& line : Lines(text)) {
    // These move between two looks.
    if (line.empty() || line[0] == '#' || line.starts_with("process_"))
      continue;
    const std::string sample = line.substr(0, line.find(" # "));
    const size_t space = sample.rfind(' ');
    samples.insert(
        sample.substr(0, space) + " " +
        absl::StrFormat("%.12g", std::strtod(sample.c_str() + space, nullptr)));
  }
  return samples;
}

TEST(Telemetry, OpenMetricsHasTheSameSamples) {
  Telemetry t({.version = "1 \"quoted\" \\ \n"});
  Fill(t);
  const std::string open = t.Text(MetricsForm::kOpenMetrics);
  EXPECT_EQ(SamplesOf(open), SamplesOf(t.Text()));
  EXPECT_GT(SamplesOf(open).size(), 300u);
  EXPECT_TRUE(open.ends_with("\n# EOF\n"));
  EXPECT_NE(open.find("\n# TYPE reasonwatch_responses counter\n"),
            std::string::npos);
  EXPECT_EQ(open.find("# TYPE reasonwatch_responses_total"), std::string::npos);
  // Each family once, and its samples right behind it.
  std::set<std::string> families;
  std::istringstream in(open);
  std::string family;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("# TYPE ")) {
      family = line.substr(7, line.find(' ', 7) - 7);
      EXPECT_TRUE(families.insert(family).second) << family;
    } else if (line[0] != '#') {
      EXPECT_TRUE(line.starts_with(family)) << line;
    }
  }
}

TEST(Telemetry, KeepsTheLatestTraceOfEachBucketAsAnExemplar) {
  Telemetry t({.version = "1"});
  const auto observe = [&t](double tokens, const std::string& trace) {
    Scored s = Live("m", "r");
    s.trace_id = trace;
    s.reading(Feature::kReasoningTokens) =
        static_cast<float>(std::log2(1 + tokens));
    s.reading(Feature::kZeroThinking) = tokens == 0 ? 1 : 0;
    t.ObserveResponse(s, ResponseOutcome::kScored);
  };
  observe(20, "4bf92f3577b34da6a3ce929d0e0e4736");
  observe(32, "00000000000000000000000000000032");
  observe(33, "00000000000000000000000000000033");
  observe(1e6, "00000000000000000000000000000006");
  observe(0, "zero");
  observe(20, "");                    // has none
  observe(20, std::string(65, 'a'));  // too long
  observe(20, "a\"} 1\n");            // no id
  const std::string text = t.Text(MetricsForm::kOpenMetrics);
  const auto exemplar = [&text](const std::string& series) -> std::string {
    for (const std::string& line : Lines(text))
      if (line.starts_with(series))
        return line.find(" # ") == std::string::npos
                   ? ""
                   : line.substr(line.find(" # ") + 3);
    return "no series";
  };
  const auto bucket = [&](const char* le) {
    return exemplar(absl::StrFormat(
        "reasonwatch_reasoning_tokens_bucket{model=\"m\",route=\"r\",le="
        "\"%s\"}",
        le));
  };
  EXPECT_EQ(bucket("32"),
            "{trace_id=\"00000000000000000000000000000032\"} 32 "
            "1700000000.000");
  EXPECT_EQ(bucket("64").substr(0, 13), "{trace_id=\"00");
  EXPECT_EQ(bucket("128"), "");
  EXPECT_NE(bucket("+Inf").find("0006\"} 1e+06"), std::string::npos)
      << bucket("+Inf");
  EXPECT_EQ(
      exemplar("reasonwatch_zero_thinking_responses_total{").substr(0, 18),
      "{trace_id=\"zero\"} ");
  // The text format knows none.
  EXPECT_EQ(t.Text().find("trace_id"), std::string::npos);
}

}  // namespace
}  // namespace reasonwatch
