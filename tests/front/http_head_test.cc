// SPDX-License-Identifier: Apache-2.0
#include "front/http_head.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace reasonwatch {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

HeadResult Read(std::string_view bytes, HttpHead& head,
                const FrontOptions& options = {}) {
  size_t length = 0;
  return ReadHead(bytes, options, head, length);
}

TEST(HttpHeadTest, ReadsARequest) {
  const std::string bytes =
      "POST /a/b?c=%20 HTTP/1.1\r\nHost: h:1\r\nauthorization:  Bearer t \r\n"
      "Content-Length: 12\r\nExpect: 100-Continue\r\n\r\n";
  HttpHead head;
  size_t length = 0;
  ASSERT_EQ(ReadHead(bytes + "body", {}, head, length), HeadResult::kWhole);
  EXPECT_EQ(length, bytes.size());
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a/b?c=%20");
  EXPECT_EQ(head.Path(), "/a/b");
  EXPECT_EQ(head.Find("Authorization"), "Bearer t");
  EXPECT_EQ(head.content_length, 12);
  EXPECT_TRUE(head.expects_continue);
  EXPECT_TRUE(head.keep_alive);
  EXPECT_TRUE(head.HasBody());
  EXPECT_FALSE(head.chunked);
}

TEST(HttpHeadTest, KnowsWhenTheConnectionStays) {
  const auto stays = [](const std::string& version, const std::string& header) {
    HttpHead head;
    EXPECT_EQ(
        Read("GET / " + version + "\r\nHost: x\r\n" + header + "\r\n", head),
        HeadResult::kWhole);
    return head.keep_alive;
  };
  EXPECT_TRUE(stays("HTTP/1.1", ""));
  EXPECT_FALSE(stays("HTTP/1.1", "Connection: Close\r\n"));
  EXPECT_FALSE(stays("HTTP/1.1", "Connection: x, close\r\n"));
  EXPECT_FALSE(stays("HTTP/1.0", ""));
  EXPECT_TRUE(stays("HTTP/1.0", "Connection: keep-alive\r\n"));
}

TEST(HttpHeadTest, RefusesWhatTwoReadersCouldReadInTwoWays) {
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  for (const std::string& bytes : {
           std::string("GET / HTTP/1.1\r\n\r\n"),  // no host
           std::string("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("GET / HTTP/2.0\r\nHost: x\r\n\r\n"),
           std::string("GE\tT / HTTP/1.1\r\nHost: x\r\n\r\n"),
           std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
           get + "Host: y\r\n\r\n",
           get + "Authorization: a\r\nauthorization: b\r\n\r\n",
           get + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
           get + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
           get + "Content-Length: +1\r\n\r\n",
           get + "Content-Length: 1, 1\r\n\r\n",
           get + "Content-Length: \r\n\r\n",
           get + "Content-Length: 99999999999999999999\r\n\r\n",
           get + "Transfer-Encoding: gzip, chunked\r\n\r\n",
           get + "Transfer-Encoding: identity\r\n\r\n",
           get + " folded: line\r\n\r\n",
           get + "A: b\r\n\tc\r\n\r\n",
           get + "no colon\r\n\r\n",
           get + "Name : x\r\n\r\n",
           get + ": x\r\n\r\n",
           get + "A: b\nB: c\r\n\r\n",
           get + "A: " + std::string(1, '\0') + "\r\n\r\n",
       }) {
    HttpHead head;
    EXPECT_EQ(Read(bytes, head), HeadResult::kMalformed) << bytes;
  }
  HttpHead head;
  EXPECT_EQ(Read("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", head),
            HeadResult::kMalformed);
  EXPECT_EQ(Read("GET / HTTP/1.0\r\n\r\n", head), HeadResult::kWhole);
}

TEST(HttpHeadTest, BoundsBytesAndHeaders) {
  FrontOptions options;
  options.max_head_bytes = 300;
  options.max_headers = 3;
  HttpHead head;
  const std::string get = "GET / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(Read(get + "A: 1\r\nB: 2\r\n\r\n", head, options),
            HeadResult::kWhole);
  EXPECT_EQ(Read(get + "A: 1\r\nB: 2\r\nC: 3\r\n\r\n", head, options),
            HeadResult::kTooLarge);
  EXPECT_EQ(Read(get + "A: 1\r\nB: 2\r\nC: 3\r\n", head, options),
            HeadResult::kUnfinished);
  EXPECT_EQ(Read(get + "A: " + std::string(300, 'x'), head, options),
            HeadResult::kTooLarge);
  EXPECT_EQ(
      Read(get + "A: " + std::string(300, 'x') + "\r\n\r\n", head, options),
      HeadResult::kTooLarge);
}

TEST(HttpHeadTest, HandsOnNeitherTransferNorRangesNorMadeUpPeers) {
  HttpHead head;
  ASSERT_EQ(Read("POST /x?y HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked"
                 "\r\nRange: bytes=0-,0-,0-\r\nREMOTE_ADDR: 1.2.3.4\r\n"
                 "Expect: 100-continue\r\nX: y\r\n\r\n",
                 head),
            HeadResult::kWhole);
  EXPECT_EQ(head.ForWholeBody(7, /*close=*/false),
            "POST /x?y HTTP/1.1\r\nHost: h\r\nX: y\r\nContent-Length: 7\r\n"
            "\r\n");
  EXPECT_THAT(head.ForWholeBody(7, /*close=*/true),
              HasSubstr("\r\nConnection: close\r\n\r\n"));
  ASSERT_EQ(Read("POST / HTTP/1.1\r\nHost: h\r\n\r\n", head),
            HeadResult::kWhole);
  EXPECT_THAT(head.ForWholeBody(0, false), Not(HasSubstr("Content-Length")));
}

}  // namespace
}  // namespace reasonwatch
