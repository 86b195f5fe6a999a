// SPDX-License-Identifier: Apache-2.0
#include "core/provisional.h"

#include <gtest/gtest.h>

#include <limits>

namespace reasonwatch {
namespace {

StreamSnapshot Young(int64_t learnt, double per_hour) {
  StreamSnapshot s;
  s.state = StreamState::kProvisional;
  s.reference_responses = learnt;
  s.reference_needed = 2000;
  s.responses_per_hour = per_hour;
  return s;
}

TEST(HowToLeave, CountsTheResponsesAndTheTimeAtTheRateOfNow) {
  EXPECT_EQ(HowToLeave(Young(300, 600)),
            "warnings only: 300 of 2,000 responses; import a baseline or wait "
            "about 3 h");
  EXPECT_EQ(HowToLeave(Young(1999, 600)),
            "warnings only: 1,999 of 2,000 responses; import a baseline or "
            "wait about 1 min");
}

TEST(HowToLeave, TheLongerOfResponsesAndTimeCounts) {
  StreamSnapshot s = Young(2400, 600);
  s.reference_time_left = absl::Hours(80);
  EXPECT_EQ(HowToLeave(s),
            "warnings only: 2,400 of 2,000 responses and 4 days of traffic to "
            "go; import a baseline or wait about 4 days");
  s = Young(300, 10);
  s.reference_time_left = absl::Hours(80);
  EXPECT_EQ(*TimeToLeave(s), absl::Hours(170));
}

TEST(HowToLeave, WithoutARateItAsksForTraffic) {
  const double unknown = std::numeric_limits<double>::quiet_NaN();
  EXPECT_FALSE(TimeToLeave(Young(300, unknown)).has_value());
  StreamSnapshot s = Young(300, unknown);
  s.reference_imported = true;
  s.pages_on_gross = true;
  EXPECT_EQ(HowToLeave(s),
            "warnings only, but for gross effects: 300 of 2,000 responses; "
            "import a larger baseline or send more traffic");
}

TEST(HowToLeave, OfAStreamThatIsLearning) {
  StreamSnapshot s = Young(12, 60);
  s.state = StreamState::kLearning;
  s.reference_needed = 30;
  EXPECT_EQ(HowToLeave(s),
            "not watched yet: 12 of 30 responses; import a baseline or wait "
            "about 18 min");
}

TEST(HowToLeave, IsEmptyInOtherStates) {
  StreamSnapshot s = Young(300, 600);
  for (const StreamState state : {StreamState::kWatching, StreamState::kFrozen,
                                  StreamState::kBlind, StreamState::kStale}) {
    s.state = state;
    EXPECT_EQ(HowToLeave(s), "");
  }
}

}  // namespace
}  // namespace reasonwatch
