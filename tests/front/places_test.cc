// SPDX-License-Identifier: Apache-2.0
#include "front/places.h"

#include <gtest/gtest.h>

#include <vector>

namespace reasonwatch {
namespace {

FrontTime At(int seconds) { return FrontTime(std::chrono::seconds(seconds)); }

Place MakePlace(uint64_t id, std::string_view peer, int since,
                bool is_proven = false, bool may_go = true, int64_t bytes = 0) {
  return {.id = id,
          .peer = peer,
          .may_go = may_go,
          .is_proven = is_proven,
          .since = At(since),
          .bytes = bytes};
}

TEST(PlacesTest, ThePeerWithTheMostConnectionsGivesWay) {
  const std::vector<Place> places = {MakePlace(1, "a", 0), MakePlace(2, "b", 5),
                                     MakePlace(3, "b", 4),
                                     MakePlace(4, "c", 1)};
  EXPECT_EQ(ChooseForPlace(places), 3u);
  EXPECT_EQ(ChooseForPlace(places, "c"), 4u);
  EXPECT_EQ(ChooseForPlace(places, "d"), std::nullopt);
  EXPECT_EQ(ChooseForPlace({}), std::nullopt);
}

TEST(PlacesTest, ThatHasProvedNothingGoesFirstAndNoneThatIsServed) {
  EXPECT_EQ(ChooseForPlace(std::vector<Place>{
                MakePlace(1, "a", 0, /*is_proven=*/true), MakePlace(2, "a", 9),
                MakePlace(3, "a", 8, false, false)}),
            2u);
  EXPECT_EQ(ChooseForPlace(
                std::vector<Place>{MakePlace(1, "a", 0, /*is_proven=*/true)}),
            1u);
  // All of the largest peer are served: another one gives way.
  EXPECT_EQ(ChooseForPlace(std::vector<Place>{
                MakePlace(1, "a", 0, false, false),
                MakePlace(2, "a", 0, false, false), MakePlace(3, "b", 0)}),
            3u);
}

TEST(PlacesTest, MemoryComesFromTheLargestOfThePeerThatHoldsMost) {
  EXPECT_EQ(ChooseForMemory(
                std::vector<Place>{MakePlace(1, "a", 0, false, true, 50),
                                   MakePlace(2, "b", 0, false, true, 30),
                                   MakePlace(3, "b", 0, false, true, 40),
                                   MakePlace(4, "b", 0, false, false, 90)}),
            3u);
}

TEST(PlacesTest, AnAddressOfIpv6StandsForItsNetwork) {
  EXPECT_EQ(PeerKey("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(PeerKey("::ffff:10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(PeerKey("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
  EXPECT_EQ(PeerKey("2001:db8:1:2::9"), "2001:db8:1:2::");
  EXPECT_EQ(PeerKey("fe80::1%eth0"), "fe80::");
  EXPECT_EQ(PeerKey("::1"), "::1");
}

}  // namespace
}  // namespace reasonwatch
