// SPDX-License-Identifier: Apache-2.0
// `reasonwatch taps`: metrics read as Prometheus writes them, and the tables
// that are made of them.
#include "daemon/app/commands/taps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(ReadMetrics, ReadsLabelsWithEscapes) {
  const MetricValues values = ReadMetrics(
      "# HELP a b\n"
      "a{x=\"1\",y=\"q\\\"\\\\\\n\"} 2.5\n"
      "b 3\n"
      "broken{x=\"1\n"
      "c{} 4\n");
  EXPECT_EQ(values.at("a").at({{"x", "1"}, {"y", "q\"\\\n"}}), 2.5);
  EXPECT_EQ(values.at("b").at({}), 3);
  EXPECT_EQ(values.at("c").at({}), 4);
  EXPECT_FALSE(values.contains("broken"));
}

TEST(TapsText, PutsSourcesAndModelsSideBySide) {
  const auto metrics = [](int records) {
    return ReadMetrics(
        "reasonwatch_tap_records_total{source=\"http\"} " +
        std::to_string(records) +
        "\n"
        "reasonwatch_tap_dropped_total{source=\"http\",reason=\"invalid\"} 2\n"
        "reasonwatch_tap_errors_total{source=\"http\",reason=\"unknown_key\"}"
        " 5\n"
        "reasonwatch_responses_total{model=\"m\",route=\"a\",outcome=\"scored\""
        "} 30\n"
        "reasonwatch_responses_total{model=\"m\",route=\"b\",outcome=\"scored\""
        "} 10\n"
        "reasonwatch_responses_total{model=\"m\",route=\"a\",outcome="
        "\"unreadable\"} 3\n"
        "reasonwatch_zero_thinking_responses_total{model=\"m\",route=\"a\"} "
        "10\n"
        "reasonwatch_stage_dropped_total{stage=\"order\",reason=\"duplicate\"}"
        " 4\n");
  };
  const std::string text =
      TapsText(metrics(100), metrics(80), absl::Seconds(10));
  EXPECT_THAT(
      text, ContainsRegex("http +100 +98 +2\\.0 +invalid 2 +unknown_key 5\n"));
  EXPECT_THAT(text, ContainsRegex("m +40 +75\\.0 % +3 +0\n"));
  EXPECT_THAT(text, HasSubstr("left out behind the taps: duplicate 4\n"));
  EXPECT_THAT(TapsText({}, {}, absl::ZeroDuration()),
              Not(HasSubstr("left out")));
}

}  // namespace
}  // namespace reasonwatch
