// SPDX-License-Identifier: Apache-2.0
#include "detectors/level/carriers.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/detectors/synthetic.h"
#include "util/state_archive.h"

namespace reasonwatch {
namespace {

using testing::At;
using testing::Draw;

constexpr Signal kSignal = Signal::kRepetitionLoop;

Carriers::Evidence Bad(bool bad) {
  Carriers::Evidence evidence{};
  evidence[static_cast<size_t>(kSignal)] = bad ? 5 : 0;
  return evidence;
}

// A response of one of four replicas, turns 1 to 9 and two versions.
Scored Any(int64_t index, Draw& draw) {
  Scored s = At(index);
  s.replica = absl::StrFormat("r%d", draw.Below(4));
  s.regime.fingerprint = draw.Chance(.1) ? "new" : "old";
  s.stratum.turn = static_cast<uint8_t>(draw.Below(3));
  s.stratum.fill = static_cast<uint8_t>(draw.Below(3));
  return s;
}

template <typename IsBad>
Carriers After(int responses, const IsBad& is_bad) {
  Carriers carriers;
  Draw draw(5);
  for (int i = 0; i < responses; ++i) {
    const Scored s = Any(i, draw);
    carriers.Observe(s, Bad(is_bad(s, draw)));
  }
  return carriers;
}

TEST(Carriers, NameTheReplica) {
  const auto of = After(100, [](const Scored& s, Draw&) {
                    return s.replica == "r2";
                  }).Explain(kSignal, 100);
  ASSERT_EQ(of.hints.size(), 1u);
  EXPECT_EQ(of.hints[0].cause, "replica_fault");
  EXPECT_EQ(of.hints[0].evidence.rfind("replica r2 carries 100 % of it", 0), 0u)
      << of.hints[0].evidence;
  EXPECT_TRUE(of.strata.empty());
}

TEST(Carriers, NameTheVersionThatATenthOfTheTrafficHas) {
  const auto of = After(200, [](const Scored& s, Draw& draw) {
                    return s.regime.fingerprint == "new" || draw.Chance(.02);
                  }).Explain(kSignal, 200);
  ASSERT_EQ(of.hints.size(), 1u);
  EXPECT_EQ(of.hints[0].cause, "version_change");
  EXPECT_EQ(of.hints[0].evidence.rfind("fingerprint new carries", 0), 0u);
}

TEST(Carriers, NameTurnsAndContextFill) {
  const auto turns =
      After(100, [](const Scored& s, Draw&) { return s.stratum.turn == 2; });
  EXPECT_EQ(turns.Explain(kSignal, 100).strata,
            std::vector<std::string>{"turns 6 and later"});
  const auto fill =
      After(100, [](const Scored& s, Draw&) { return s.stratum.fill == 2; });
  EXPECT_EQ(fill.Explain(kSignal, 100).strata,
            std::vector<std::string>{"context fill 75 % and over"});
  // Another signal has no part in it.
  EXPECT_TRUE(fill.Explain(Signal::kLengthCollapse, 100).strata.empty());
}

TEST(Carriers, NameWhatASessionAsksAgain) {
  Carriers carriers;
  Draw draw(9);
  for (int i = 0; i < 200; ++i) {
    Scored s = Any(i, draw);
    // Each asks seven problems and then some of them again.
    s.session = 1 + static_cast<uint64_t>(i / 10);
    s.match.problem = 1 + static_cast<uint64_t>(i % 10 < 7 ? i % 10 : i % 3);
    carriers.Observe(s, Bad(i % 10 >= 7));
  }
  EXPECT_EQ(carriers.Explain(kSignal, 200).strata,
            std::vector<std::string>{"what a session asks again"});
}

TEST(Carriers, SayNothingOfWhatIsEverywhere) {
  for (double share : {1., .3, .05}) {
    const auto of = After(200, [&](const Scored&, Draw& draw) {
                      return draw.Chance(share);
                    }).Explain(kSignal, 200);
    EXPECT_TRUE(of.hints.empty()) << share;
    EXPECT_TRUE(of.strata.empty()) << share;
  }
}

TEST(Carriers, LookNoFurtherBackThanTheOnset) {
  Carriers carriers;
  Draw draw(6);
  // A replica that was bad once is not to blame for later changes.
  for (int i = 0; i < 300; ++i) {
    const Scored s = Any(i, draw);
    carriers.Observe(s, Bad(i < 200 ? s.replica == "r1" : s.replica == "r3"));
  }
  const auto of = carriers.Explain(kSignal, 100);
  ASSERT_EQ(of.hints.size(), 1u);
  EXPECT_EQ(of.hints[0].evidence.rfind("replica r3", 0), 0u);
}

TEST(Carriers, NamesAreBounded) {
  Carriers carriers;
  for (int i = 0; i < 10000; ++i) {
    Scored s = At(i);
    s.replica = absl::StrFormat("r%d", i);
    carriers.Observe(s, Bad(true));
  }
  StateWriter out;
  out.Field("state", carriers);
  EXPECT_LT(out.Finish().size(), 10000u);
  EXPECT_TRUE(carriers.Explain(kSignal, 256).hints.empty());
}

TEST(Carriers, SurviveARestart) {
  const auto carriers =
      After(300, [](const Scored& s, Draw&) { return s.replica == "r0"; });
  StateWriter out;
  out.Field("state", carriers);
  const std::string bytes = out.Finish();
  StateReader in(bytes);
  Carriers restored;
  in.Field("state", restored);
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(restored.Explain(kSignal, 100).hints[0].evidence,
            carriers.Explain(kSignal, 100).hints[0].evidence);
  StateWriter again;
  again.Field("state", restored);
  EXPECT_EQ(again.Finish(), bytes);
  // Slots that name nothing are refused.
  std::string broken = bytes;
  broken[12] = 77;
  StateReader bad(broken);
  bad.Field("state", restored);
  EXPECT_FALSE(bad.ok());
}

}  // namespace
}  // namespace reasonwatch
