// SPDX-License-Identifier: Apache-2.0
// A reference under 2,000 responses pages on a gross effect and on no other.
#include <cstdint>
#include <functional>

#include "core/finding.h"
#include "core/scored.h"
#include "detectors/model_watch.h"
#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::Draw;
using testing::WithLength;

// Enough for the alarm and the 50 responses behind it.
constexpr int kChanged = 150;

struct Change {
  double octaves = 0;   // by which lengths fall
  int sessions = 1;     // of the changed responses; 0: they name none
  int reference = 400;  // imported responses
  int healthy = 100;    // live ones before the change
};

// Is every finding of the change a provisional one?
bool StaysProvisional(const Change& change) {
  WatchOptions options;
  options.budget.mean_responses = 1e5;
  ModelWatch watch("model", options);
  Draw draw(7);
  int64_t next = -change.reference;
  for (; next < 0; ++next) watch.LearnImported(WithLength(next, 1000, draw));
  watch.FinishImport();
  bool provisional = true;
  bool found = false;
  for (int i = 0; i < change.healthy + kChanged; ++i, ++next) {
    Scored s = WithLength(next, 1000, draw);
    s.session = 1 + static_cast<uint64_t>(i % 40);
    if (i >= change.healthy) {
      s.reading(Feature::kOutputTokens) -= static_cast<float>(change.octaves);
      s.session = change.sessions == 0
                      ? 0
                      : 1 + static_cast<uint64_t>(i % change.sessions);
    }
    for (const Finding& f : watch.Observe(s)) {
      found = true;
      provisional = provisional && f.provisional;
    }
  }
  EXPECT_TRUE(found);
  return provisional;
}

TEST(GrossEffect, PagesWhileTheReferenceIsYoung) {
  EXPECT_FALSE(StaysProvisional({.octaves = 4, .sessions = 5}));
}

TEST(GrossEffect, NeedsSeveralSessions) {
  EXPECT_TRUE(StaysProvisional({.octaves = 4, .sessions = 2}));
}

// Most servers' traffic names no session.
TEST(GrossEffect, ResponsesWithoutASessionCountOneByOne) {
  EXPECT_FALSE(StaysProvisional({.octaves = 4, .sessions = 0}));
}

TEST(GrossEffect, IsMoreThanAFall) {
  EXPECT_TRUE(StaysProvisional({.octaves = 1.7, .sessions = 5}));
}

TEST(GrossEffect, NeedsAHundredResponsesOfReference) {
  EXPECT_TRUE(StaysProvisional(
      {.octaves = 4, .sessions = 5, .reference = 60, .healthy = 20}));
}

}  // namespace
}  // namespace reasonwatch
