// SPDX-License-Identifier: Apache-2.0
#include "daemon/pipeline/format_notice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void Count(FormatNotice& notice, int known, int unknown) {
  for (int i = 0; i < known; ++i) notice.Count(false, "");
  for (int i = 0; i < unknown; ++i) notice.Count(true, "<word>…");
}

TEST(FormatNotice, OpensAboveFivePercentAndClosesAtHalfOfIt) {
  FormatNotice notice;
  Count(notice, 950, 50);
  EXPECT_DOUBLE_EQ(notice.snapshot().ratio, .05);
  EXPECT_FALSE(notice.snapshot().notice);
  notice.Count(true, "<word>…");
  EXPECT_TRUE(notice.snapshot().notice);
  // The window slides over the known ones; 25 of the unknown are left.
  Count(notice, 949, 0);
  EXPECT_TRUE(notice.snapshot().notice);
  Count(notice, 26, 0);
  EXPECT_DOUBLE_EQ(notice.snapshot().ratio, .025);
  EXPECT_FALSE(notice.snapshot().notice);
  Count(notice, 25, 0);
  EXPECT_THAT(notice.snapshot().shapes, IsEmpty());
}

TEST(FormatNotice, SaysNothingOfTheFirstResponses) {
  FormatNotice notice;
  Count(notice, 0, 49);
  EXPECT_FALSE(notice.snapshot().notice);
  Count(notice, 0, 1);
  EXPECT_TRUE(notice.snapshot().notice);
}

TEST(FormatNotice, KeepsTheTwoLatestShapesThatDiffer) {
  FormatNotice notice;
  for (const char* shape : {"a", "b", "a", "c"}) notice.Count(true, shape);
  EXPECT_THAT(notice.snapshot().shapes, ElementsAre("b", "c"));
}

}  // namespace
}  // namespace reasonwatch
