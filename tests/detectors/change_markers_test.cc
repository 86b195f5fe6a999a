// SPDX-License-Identifier: Apache-2.0
// Changes beside a finding, in traffic drawn at random: the hint that names a
// gateway, and only if it began around the onset.
#include "detectors/change_markers.h"

#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"

namespace reasonwatch {
namespace {

using testing::Draw;
using testing::WithLength;

using Maker = std::function<Scored(int64_t, Draw&)>;

Scored Usual(int64_t i, Draw& draw) { return WithLength(i, 1000, draw); }

Scored Changed(int64_t i, Draw& draw) {
  Scored s = Usual(i, draw);
  s.request_changed = draw.Chance(.8);
  return s;
}

Scored Withheld(int64_t i, Draw& draw) {
  Scored s = Usual(i, draw);
  s.reasoning_withheld = draw.Chance(.8);
  return s;
}

// The evidence for a gateway after `before` of one kind and 30 of another.
std::string Hint(const Maker& before, const Maker& after, uint64_t seed) {
  ChangeMarkers markers;
  Draw draw(seed);
  int64_t i = 0;
  while (i < 600) markers.Observe(before(i++, draw), true);
  while (i < 630) markers.Observe(after(i++, draw), true);
  std::string evidence;
  for (const Cause& hint : markers.Hints(30))
    if (hint.cause == "gateway") evidence += hint.evidence;
  return evidence;
}

TEST(ChangeMarkers, NameAGatewayThatBegan) {
  for (uint64_t seed = 1; seed < 40; ++seed) {
    EXPECT_NE(
        Hint(Usual, Changed, seed).find("changed on their way to the model"),
        std::string::npos);
    EXPECT_NE(Hint(Usual, Withheld, seed).find("did not arrive"),
              std::string::npos);
    EXPECT_EQ(Hint(Usual, Usual, seed), "");
  }
}

TEST(ChangeMarkers, AGatewayThatDidTheSameAllAlongExplainsNothing) {
  for (uint64_t seed = 1; seed < 40; ++seed) {
    EXPECT_EQ(Hint(Changed, Changed, seed), "");
    EXPECT_EQ(Hint(Withheld, Withheld, seed), "");
  }
}

}  // namespace
}  // namespace reasonwatch
