// SPDX-License-Identifier: Apache-2.0
// Metrics of the reference, of amounts, of the process and of self-tests.
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "daemon/telemetry/telemetry.h"
#include "tests/daemon/telemetry/sample.h"

namespace reasonwatch {
namespace {

TEST(Telemetry, ShowsTheReferenceBesideTheResponses) {
  Telemetry t({.version = "1"});
  StreamSnapshot busy = Snapshot();
  busy.responses_per_hour = 300;
  t.SetStream(busy);
  StreamSnapshot slow = Snapshot();
  slow.route = "slow";
  slow.responses_per_hour = 100;
  auto expected = std::make_shared<ExpectedReadings>(*slow.expected);
  expected->rate[static_cast<size_t>(Feature::kBoxed)] = .75;
  expected->rate[static_cast<size_t>(Feature::kRefusal)] =
      ExpectedReadings::kNone;
  expected->reasoning = {};
  slow.expected = expected;
  t.SetStream(slow);
  StreamSnapshot young = Snapshot();
  young.route = "young";
  young.expected = nullptr;
  t.SetStream(young);
  const std::string text = t.Text();
  EXPECT_EQ(Value(text,
                  "reasonwatch_reference_reasoning_tokens{bound=\"high\","
                  "model=\"m\",route=\"r\"}"),
            900);
  EXPECT_EQ(CountOf(text, "reasonwatch_reference_reasoning_tokens{"), 3);
  EXPECT_EQ(CountOf(text, "reasonwatch_reference_output_tokens{"), 6);
  // Routes count by their traffic; one that does not know a rate does not.
  EXPECT_EQ(Value(text,
                  "reasonwatch_reference_marker_ratio{marker=\"boxed\","
                  "model=\"m\"}"),
            (300 * .25 + 100 * .75) / 400);
  EXPECT_EQ(Value(text,
                  "reasonwatch_reference_reading_ratio{model=\"m\","
                  "reading=\"refusal\"}"),
            .125);
  EXPECT_EQ(CountOf(text, "reasonwatch_reference_marker_ratio{"), 1);
  EXPECT_EQ(CountOf(text, "reasonwatch_reference_reading_ratio{"), 2);
}

TEST(Telemetry, CountsAmountsAsTheyAreAndNotTheirLogarithms) {
  Telemetry t({.version = "1"});
  Scored s = Live("m", "r");
  s.reading(Feature::kMinorityScript) = std::log2(1.0F + 40.0F);
  t.ObserveResponse(s, ResponseOutcome::kScored);
  const std::string text = t.Text();
  EXPECT_EQ(Value(text,
                  "reasonwatch_reading_amount_sum{model=\"m\",reading="
                  "\"minority_script\"}"),
            40);
  EXPECT_EQ(Value(text,
                  "reasonwatch_reading_amount_count{model=\"m\","
                  "reading=\"symbol_density\"}"),
            0);
}

TEST(Telemetry, ShowsTheProcessItself) {
  Telemetry t({.version = "1"});
  const double before = Value(t.Text(), "process_cpu_seconds_total ");
  // Until the clock of the processor has moved by a tick or two.
  const absl::Time limit = absl::Now() + absl::Seconds(60);
  double now = before;
  while (now <= before && absl::Now() < limit)
    now = Value(t.Text(), "process_cpu_seconds_total ");
  EXPECT_GT(now, before);
  const std::string text = t.Text();
  EXPECT_GT(Value(text, "process_resident_memory_bytes "), 1 << 20);
  EXPECT_GE(Value(text, "process_virtual_memory_bytes "),
            Value(text, "process_resident_memory_bytes "));
  EXPECT_GE(Value(text, "process_open_fds "), 3);
  EXPECT_GE(Value(text, "process_max_fds "), Value(text, "process_open_fds "));
  const double start = Value(text, "process_start_time_seconds ");
  EXPECT_LE(start, absl::ToUnixSeconds(absl::Now()) + 2);
  EXPECT_GT(start, absl::ToUnixSeconds(absl::Now()) - 3600);
}

TEST(Telemetry, KeepsTheTimeOfTheLastSelfTestThatPassed) {
  Telemetry t({.version = "1"});
  const auto success = [&t] {
    return Value(t.Text(), "reasonwatch_selftest_success_timestamp_seconds");
  };
  const absl::Time start = absl::FromUnixSeconds(1700000000);
  SelfTestResult result;
  result.hops = {{"tap", absl::Seconds(2)}, {"incident", absl::Seconds(3)}};
  result.failed = "metric";
  t.CountSelfTest(result, absl::ZeroDuration(), start);
  // Nobody expects one, and none has passed.
  EXPECT_EQ(t.Text().find("\nreasonwatch_selftest_success"), std::string::npos);
  EXPECT_EQ(t.Text().find("\nreasonwatch_selftest_interval"),
            std::string::npos);
  EXPECT_EQ(Value(t.Text(),
                  "reasonwatch_selftest_runs_total{result="
                  "\"metric\"}"),
            1);
  EXPECT_EQ(
      Value(t.Text(), "reasonwatch_selftest_hop_seconds{hop=\"incident\"}"), 3);
  t.ExpectSelfTest(absl::Hours(2), start);
  EXPECT_EQ(Value(t.Text(), "reasonwatch_selftest_interval_seconds"), 7200);
  EXPECT_EQ(success(), 1700000000);
  t.CountSelfTest(result, absl::Hours(1), start + absl::Hours(1));
  EXPECT_EQ(success(), 1700000000);
  EXPECT_EQ(Value(t.Text(), "reasonwatch_selftest_interval_seconds"), 3600);
  result.failed.clear();
  result.cleaned = absl::UnavailableError("busy");
  t.CountSelfTest(result, absl::Hours(1), start + absl::Hours(2));
  EXPECT_EQ(success(), 1700000000);
  result.cleaned = absl::OkStatus();
  result.hops = {{"tap", absl::Seconds(2)}};
  t.CountSelfTest(result, absl::Hours(1), start + absl::Hours(3));
  EXPECT_EQ(success(), 1700000000 + 3 * 3600);
  // A hop of an earlier run only is gone.
  EXPECT_EQ(t.Text().find("hop=\"incident\""), std::string::npos);
}

}  // namespace
}  // namespace reasonwatch
