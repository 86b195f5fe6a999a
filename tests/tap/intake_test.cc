// SPDX-License-Identifier: Apache-2.0
#include "tap/intake.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "tests/fakes/fake_sink.h"

namespace reasonwatch {
namespace {

using Counts = std::map<std::string, int64_t>;

TEST(TapIntake, CountsAcceptedDroppedAndInvalidRecords) {
  FakeSink sink;
  sink.SetRoom(1);
  TapIntake intake({sink, {}});
  const auto now = std::chrono::steady_clock::now();
  EXPECT_TRUE(intake.Offer(Response(), 10, now).accepted);
  EXPECT_EQ(intake.Offer(Response(), 10, now).dropped_reason, "queue_full");
  EXPECT_EQ(intake.Reject("malformed").dropped_reason, "invalid");
  intake.CountError("invalid_utf8", 3);
  intake.Ignore("other_path");
  const TapCounters counters = intake.Counters();
  EXPECT_EQ(counters.records, 3);
  EXPECT_EQ(counters.accepted, 1);
  EXPECT_EQ(counters.dropped, (Counts{{"queue_full", 1}, {"invalid", 1}}));
  EXPECT_EQ(counters.errors, (Counts{{"malformed", 1}, {"invalid_utf8", 3}}));
  EXPECT_EQ(counters.ignored, (Counts{{"other_path", 1}}));
}

TEST(TapIntake, TimesAcceptedRecordsAlone) {
  FakeSink sink;
  sink.SetRoom(1);
  std::vector<absl::Duration> durations;
  TapIntake intake({sink, [&](absl::Duration d) { durations.push_back(d); }});
  const auto arrived =
      std::chrono::steady_clock::now() - std::chrono::seconds(2);
  intake.Offer(Response(), 10, arrived);
  intake.Offer(Response(), 10, arrived);
  intake.Reject("malformed");
  ASSERT_EQ(durations.size(), 1u);
  EXPECT_GE(durations[0], absl::Seconds(2));
}

TEST(TapIntake, KeepsItsReasonsBounded) {
  FakeSink sink;
  TapIntake intake({sink, {}});
  for (int i = 0; i < 100; ++i)
    intake.CountError("reason " + std::to_string(i));
  const TapCounters counters = intake.Counters();
  EXPECT_EQ(counters.errors.size(), 33u);
  EXPECT_EQ(counters.errors.at("other"), 68);
}

}  // namespace
}  // namespace reasonwatch
