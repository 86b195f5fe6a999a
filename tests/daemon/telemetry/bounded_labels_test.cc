// SPDX-License-Identifier: Apache-2.0
#include "daemon/telemetry/bounded_labels.h"

#include <gtest/gtest.h>

#include <string>

namespace reasonwatch {
namespace {

TEST(BoundedStreams, SharesOtherOverTheBound) {
  BoundedStreams<int> streams(2);
  int made = 0;
  const auto make = [&made](std::string_view, std::string_view) {
    return ++made;
  };
  bool overflow = true;
  EXPECT_EQ(streams.Get("m", "a", overflow, make), 1);
  EXPECT_FALSE(overflow);
  EXPECT_EQ(streams.Get("m", "b", overflow, make), 2);
  EXPECT_EQ(streams.Get("m", "c", overflow, make), 3);
  EXPECT_TRUE(overflow);
  EXPECT_EQ(streams.Get("n", "c", overflow, make), 3);
  EXPECT_TRUE(overflow);
  EXPECT_EQ(streams.Get("m", "a", overflow, make), 1);
  EXPECT_FALSE(overflow);
  EXPECT_EQ(streams.size(), 3u);
}

TEST(BoundedStreams, KnowsARepairedNameAgain) {
  BoundedStreams<int> streams(8);
  int made = 0;
  const auto make = [&made](std::string_view model, std::string_view) {
    EXPECT_EQ(model, "m?");
    return ++made;
  };
  bool overflow = false;
  EXPECT_EQ(streams.Get("m\xFF", "a", overflow, make), 1);
  EXPECT_EQ(streams.Get("m\xFF", "a", overflow, make), 1);
}

TEST(BoundedNames, HasNoRoomOverTheBound) {
  BoundedNames<int> names(1);
  ASSERT_NE(names.GetOrMake("a"), nullptr);
  EXPECT_EQ(names.GetOrMake("b"), nullptr);
  EXPECT_NE(names.GetOrMake("a"), nullptr);
  names.Erase("a");
  EXPECT_NE(names.GetOrMake("b"), nullptr);
}

TEST(BoundedReasons, AreBoundedForEachMetricAndLabel) {
  BoundedReasons reasons;
  bool overflow = false;
  for (size_t i = 0; i < kMaxReasons; ++i)
    reasons.Label(Metric::kTapErrors, "grpc", std::to_string(i), overflow);
  EXPECT_FALSE(overflow);
  EXPECT_EQ(reasons.Label(Metric::kTapErrors, "grpc", "x", overflow), "other");
  EXPECT_TRUE(overflow);
  EXPECT_EQ(reasons.Label(Metric::kTapErrors, "grpc", "0", overflow), "0");
  EXPECT_EQ(reasons.Label(Metric::kTapErrors, "jsonl", "x", overflow), "x");
  EXPECT_EQ(reasons.Label(Metric::kTapDropped, "grpc", "x", overflow), "x");
}

}  // namespace
}  // namespace reasonwatch
