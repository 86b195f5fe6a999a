// SPDX-License-Identifier: Apache-2.0
#include "front/frames.h"

#include <gtest/gtest.h>

#include <string>

namespace reasonwatch {
namespace {

constexpr char kPreface[] = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr FrontTime kStart{std::chrono::hours(1)};

std::string Frame(int type, int flags, size_t length, int stream = 1) {
  std::string frame;
  frame.push_back(static_cast<char>(length >> 16));
  frame.push_back(static_cast<char>(length >> 8));
  frame.push_back(static_cast<char>(length));
  frame.push_back(static_cast<char>(type));
  frame.push_back(static_cast<char>(flags));
  frame += std::string(3, '\0');
  frame.push_back(static_cast<char>(stream));
  return frame + std::string(length, 'x');
}

std::optional<Refusal> FeedAll(std::string_view bytes, size_t step = 1000000,
                               size_t max_head = 1000) {
  ClientFrames frames(max_head);
  while (!bytes.empty()) {
    if (const auto refusal = frames.Feed(bytes.substr(0, step), kStart);
        refusal.has_value())
      return refusal;
    bytes.remove_prefix(std::min(step, bytes.size()));
  }
  return std::nullopt;
}

TEST(ClientFramesTest, LetsCallsPassInPiecesOfAnySize) {
  const std::string calls = kPreface + Frame(4, 0, 12, 0) + Frame(1, 4, 300) +
                            Frame(0, 1, 20000) + Frame(1, 0, 500) +
                            Frame(9, 4, 400) + Frame(8, 0, 4, 0) +
                            Frame(3, 0, 4) + Frame(7, 0, 50, 0);
  for (size_t step : {1, 2, 7, 9, 100, 1000000})
    EXPECT_EQ(FeedAll(calls, step), std::nullopt) << step;
}

// A proxy that shows its traffic resets each stream when its response is over.
TEST(ClientFramesTest, ResetsOfStreamsWithDataAreUsual) {
  std::string with_data = kPreface;
  std::string without = kPreface;
  for (int i = 0; i < 20000; ++i) {
    const int stream = 1 + 2 * (i % 127);
    with_data += Frame(1, 4, 20, stream) + Frame(0, 0, 30, stream) +
                 Frame(3, 0, 4, stream);
    if (i < 600) without += Frame(1, 4, 20, stream) + Frame(3, 0, 4, stream);
  }
  EXPECT_EQ(FeedAll(with_data), std::nullopt);
  EXPECT_EQ(FeedAll(without), Refusal::kFlood);
  // One stream with data does not pay for many resets of it.
  std::string again = kPreface + Frame(1, 4, 20) + Frame(0, 0, 30);
  for (int i = 0; i < 600; ++i) again += Frame(3, 0, 4);
  EXPECT_EQ(FeedAll(again), Refusal::kFlood);
}

TEST(ClientFramesTest, BoundsTheHeadersOfACallOverAllTheirFrames) {
  EXPECT_EQ(FeedAll(kPreface + Frame(1, 4, 1001)), Refusal::kHeadTooLarge);
  EXPECT_EQ(FeedAll(kPreface + Frame(1, 0, 600) + Frame(9, 0, 600)),
            Refusal::kHeadTooLarge);
  // Two calls have a bound each.
  EXPECT_EQ(FeedAll(kPreface + Frame(1, 4, 600) + Frame(1, 4, 600)),
            std::nullopt);
  std::string empty = kPreface + Frame(1, 0, 1);
  for (int i = 0; i < 100; ++i) empty += Frame(9, 0, 0);
  EXPECT_EQ(FeedAll(empty), Refusal::kHeadTooLarge);
  // The length alone decides, before the bytes come.
  EXPECT_EQ(FeedAll(kPreface + Frame(1, 4, 1001).substr(0, 9)),
            Refusal::kHeadTooLarge);
}

TEST(ClientFramesTest, RefusesWhatNoClientSends) {
  EXPECT_EQ(FeedAll("GET / HTTP/1.1\r\n"), Refusal::kMalformed);
  EXPECT_EQ(FeedAll("PRX"), Refusal::kMalformed);
  EXPECT_EQ(FeedAll(kPreface + Frame(1, 0, 10) + Frame(0, 0, 10)),
            Refusal::kMalformed);
  EXPECT_EQ(FeedAll(kPreface + Frame(9, 4, 10)), Refusal::kMalformed);
  EXPECT_EQ(FeedAll(kPreface + Frame(5, 4, 10)), Refusal::kMalformed);
  EXPECT_EQ(FeedAll(kPreface + Frame(4, 0, 100000, 0)), Refusal::kMalformed);
}

TEST(ClientFramesTest, BoundsFramesThatCarryNothing) {
  for (const std::string& frame :
       {Frame(6, 0, 8, 0), Frame(4, 0, 6, 0), Frame(3, 0, 4), Frame(0, 0, 0),
        Frame(2, 0, 5), Frame(77, 0, 0)}) {
    std::string flood = kPreface;
    for (int i = 0; i < 6000; ++i) flood += frame;
    EXPECT_EQ(FeedAll(flood), Refusal::kFlood) << int{frame[3]};
  }
  // The same over a minute is no flood.
  ClientFrames frames(1000);
  EXPECT_EQ(frames.Feed(kPreface, kStart), std::nullopt);
  for (int i = 0; i < 6000; ++i)
    ASSERT_EQ(frames.Feed(Frame(6, 0, 8, 0),
                          kStart + std::chrono::milliseconds(10 * i)),
              std::nullopt);
}

TEST(ClientFramesTest, KnowsWhetherAHeadIsUnderWay) {
  ClientFrames frames(1000);
  EXPECT_TRUE(frames.IsInHead());
  frames.Feed(kPreface, kStart);
  EXPECT_FALSE(frames.IsInHead());
  EXPECT_EQ(frames.heads(), 1);
  frames.Feed(Frame(1, 4, 10).substr(0, 15), kStart);
  EXPECT_TRUE(frames.IsInHead());
  frames.Feed("xxxx", kStart);
  EXPECT_FALSE(frames.IsInHead());
  frames.Feed(Frame(1, 0, 10), kStart);
  EXPECT_TRUE(frames.IsInHead());
  frames.Feed(Frame(9, 4, 0), kStart);
  EXPECT_FALSE(frames.IsInHead());
  EXPECT_EQ(frames.heads(), 3);
}

TEST(ServerFramesTest, SeesThatACallWasAccepted) {
  for (size_t step : {1, 5, 1000}) {
    ServerFrames frames;
    const auto feed = [&](std::string_view bytes) {
      for (size_t i = 0; i < bytes.size(); i += step)
        frames.Feed(bytes.substr(i, step));
    };
    feed(Frame(4, 0, 6, 0) + Frame(8, 0, 4, 0) + Frame(1, 5, 100));
    EXPECT_FALSE(frames.has_accepted());
    feed(Frame(8, 0, 4, 3));
    EXPECT_TRUE(frames.has_accepted());
  }
}

}  // namespace
}  // namespace reasonwatch
