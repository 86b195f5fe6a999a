// SPDX-License-Identifier: Apache-2.0
#include "front/chunks.h"

#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

using Result = ChunkReader::Result;

struct Decoded {
  Result result;
  std::string body;
  size_t used;
};

// In pieces of `step` bytes.
Decoded Decode(std::string_view wire, size_t most, size_t step) {
  ChunkReader reader(most);
  Decoded decoded = {Result::kMore, "", 0};
  while (decoded.result == Result::kMore && decoded.used < wire.size()) {
    size_t used = 0;
    decoded.result =
        reader.Feed(wire.substr(decoded.used, step), decoded.body, used);
    decoded.used += used;
  }
  return decoded;
}

TEST(ChunkReaderTest, DecodesInPiecesOfAnySize) {
  const std::string wire =
      "5\r\nhello\r\n1;name=\"x\"\r\n,\r\nA\r\n0123456789\r\n0\r\nT: v\r\n\r\n";
  for (size_t step = 1; step <= wire.size() + 3; ++step) {
    const Decoded decoded = Decode(wire + "GET", 100, step);
    EXPECT_EQ(decoded.result, Result::kDone) << step;
    EXPECT_EQ(decoded.body, "hello,0123456789") << step;
    EXPECT_EQ(decoded.used, wire.size()) << step;
  }
}

TEST(ChunkReaderTest, StopsAtTheMostBytes) {
  EXPECT_EQ(Decode("5\r\nhello\r\n0\r\n\r\n", 5, 4).result, Result::kDone);
  EXPECT_EQ(Decode("5\r\nhello\r\n0\r\n\r\n", 4, 4).result, Result::kTooLarge);
  // The size alone decides, and the sum does.
  EXPECT_EQ(Decode("fffffffffffffff\r\n", 100, 30).result, Result::kTooLarge);
  EXPECT_EQ(Decode("3\r\nabc\r\n3\r\n", 5, 30).result, Result::kTooLarge);
}

TEST(ChunkReaderTest, RefusesWhatIsNoChunk) {
  for (const char* wire : {"x\r\n", "\r\n", "-1\r\n", "5\nhello", "1\r\nab\r\n",
                           "0x5\r\n", "1000000000000000\r\n", "1\r\na\n"})
    EXPECT_EQ(Decode(wire, 1000, 30).result, Result::kMalformed) << wire;
}

TEST(ChunkReaderTest, BoundsLinesAndTrailers) {
  EXPECT_EQ(Decode("1;" + std::string(1000, 'x'), 10, 7).result,
            Result::kTooLarge);
  std::string trailers = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailers += "Name: value\r\n";
  EXPECT_EQ(Decode(trailers, 10, 100).result, Result::kTooLarge);
}

}  // namespace
}  // namespace reasonwatch
