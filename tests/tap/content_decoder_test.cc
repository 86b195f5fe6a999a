// SPDX-License-Identifier: Apache-2.0
// Bodies encoded by zlib itself, in random pieces with random flushes, must
// come out as they went in; bounds and broken bodies must stop the decoder.
#include "tap/exchange/content_decoder.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

namespace reasonwatch {
namespace {

constexpr int kZlib = 15;
constexpr int kGzip = 15 + 16;
constexpr int kRaw = -15;

std::string Deflate(std::string_view text, int window_bits,
                    std::mt19937_64& random) {
  z_stream stream = {};
  EXPECT_EQ(
      deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  std::string out;
  std::string room(1 << 16, '\0');
  std::string piece;
  bool last = false;
  while (!last) {
    piece = std::string(text.substr(0, 1 + random() % 5000));
    text.remove_prefix(piece.size());
    last = text.empty();
    stream.next_in = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_in = static_cast<uInt>(piece.size());
    do {
      stream.next_out = reinterpret_cast<Bytef*>(room.data());
      stream.avail_out = static_cast<uInt>(room.size());
      deflate(&stream, last                ? Z_FINISH
                       : random() % 2 == 0 ? Z_SYNC_FLUSH
                                           : Z_NO_FLUSH);
      out.append(room.data(), room.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

std::string SomeText(std::mt19937_64& random) {
  std::string text(1 + random() % 60000, ' ');
  for (char& c : text) c = static_cast<char>('a' + random() % 8);
  return text;
}

absl::Status Decode(std::string_view encoding, std::string_view bytes,
                    std::string& out, std::mt19937_64& random,
                    ContentLimits limits = {}) {
  ContentDecoder decoder(encoding, limits);
  while (!bytes.empty()) {
    const size_t n = std::min<size_t>(bytes.size(), 1 + random() % 3000);
    const absl::Status status = decoder.Feed(bytes.substr(0, n), out);
    if (!status.ok()) return status;
    bytes.remove_prefix(n);
  }
  return decoder.Finish();
}

TEST(ContentDecoder, GivesBackWhatWasEncoded) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 60; ++round) {
    const std::string text = SomeText(random);
    std::string out;
    ASSERT_TRUE(Decode("gzip", Deflate(text, kGzip, random), out, random).ok());
    EXPECT_EQ(out, text);
    out.clear();
    ASSERT_TRUE(
        Decode("deflate", Deflate(text, kZlib, random), out, random).ok());
    EXPECT_EQ(out, text);
    out.clear();
    ASSERT_TRUE(
        Decode("Deflate ", Deflate(text, kRaw, random), out, random).ok());
    EXPECT_EQ(out, text);
    out.clear();
    ASSERT_TRUE(Decode("", text, out, random).ok());
    EXPECT_EQ(out, text);
  }
}

TEST(ContentDecoder, ReadsSeveralMembers) {
  std::mt19937_64 random(4);
  const std::string two = Deflate("one ", kGzip, random) +
                          Deflate("two", kGzip, random) + std::string(5, '\0');
  std::string out;
  ASSERT_TRUE(Decode("gzip", two, out, random).ok());
  EXPECT_EQ(out, "one two");
}

TEST(ContentDecoder, GivesWhatWasFlushedAtOnce) {
  std::mt19937_64 random(5);
  z_stream stream = {};
  ASSERT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY),
            Z_OK);
  ContentDecoder decoder("gzip");
  std::string out;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    std::string piece = "data: " + std::to_string(random()) + "\n\n";
    expected += piece;
    std::string room(4096, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(piece.data());
    stream.avail_in = static_cast<uInt>(piece.size());
    stream.next_out = reinterpret_cast<Bytef*>(room.data());
    stream.avail_out = static_cast<uInt>(room.size());
    deflate(&stream, Z_SYNC_FLUSH);
    ASSERT_TRUE(
        decoder.Feed({room.data(), room.size() - stream.avail_out}, out).ok());
    EXPECT_EQ(out, expected);
  }
  deflateEnd(&stream);
  EXPECT_EQ(decoder.Finish().message(), "malformed_encoding");
}

TEST(ContentDecoder, StopsAtItsBounds) {
  std::mt19937_64 random(6);
  std::string out;
  ContentLimits small;
  small.bytes = 1000;
  const std::string zeros(size_t{8} << 20, '0');
  EXPECT_EQ(
      Decode("gzip",
             Deflate(SomeText(random) + std::string(2000, 'x'), kGzip, random),
             out, random, small)
          .message(),
      "body_too_large");
  EXPECT_LE(out.size(), 1000u);
  out.clear();
  EXPECT_EQ(
      Decode("gzip", Deflate(zeros, kGzip, random), out, random).message(),
      "body_too_large");
  EXPECT_LT(out.size(), size_t{2} << 20);
}

TEST(ContentDecoder, SaysWhatItCannotUndo) {
  std::mt19937_64 random(7);
  std::string out;
  EXPECT_FALSE(ContentDecoder("br").supported());
  EXPECT_EQ(Decode("zstd", "x", out, random).message(), "unsupported_encoding");
  EXPECT_EQ(Decode("gzip", "no gzip", out, random).message(),
            "malformed_encoding");
  std::string cut = Deflate(SomeText(random), kGzip, random);
  cut.resize(cut.size() - 9);
  EXPECT_EQ(Decode("gzip", cut, out, random).message(), "malformed_encoding");
}

}  // namespace
}  // namespace reasonwatch
