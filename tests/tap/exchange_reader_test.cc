// SPDX-License-Identifier: Apache-2.0
// Messages as Envoy sends them become one exchange: its ends, its encodings,
// its bounds, and at last messages in any order.
//
// In order: whole exchanges, ends, encodings, bounds, any order.
#include "tap/ext_proc/exchange_reader.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tap/ext_proc_messages.h"

namespace reasonwatch {
namespace {

using State = ExchangeReader::State;

constexpr int64_t kLimit = int64_t{1} << 20;
const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

// Reads a message each second.
class ReaderTest : public testing::Test {
 protected:
  State Read(std::vector<ExtProcMessage> messages) {
    for (ExtProcMessage& message : messages) {
      reader_.Read(message, now_);
      now_ += absl::Seconds(1);
    }
    return reader_.state();
  }
  State ReadRequest() {
    return Read(
        {RequestHeaders(), RequestBody(kAskedBody), RequestBody("", true)});
  }

  absl::Time now_ = kStart;
  ExchangeReader reader_{kLimit};
};

std::string Gzip(std::string_view text, bool gzip = true) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, gzip ? 15 + 16 : 15,
                         8, Z_DEFAULT_STRATEGY),
            Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  deflateEnd(&stream);
  return out;
}

TEST_F(ReaderTest, PutsAJsonExchangeTogether) {
  EXPECT_EQ(ReadRequest(), State::kOpen);
  EXPECT_EQ(Read({ResponseHeaders(kJson), ResponseBody(kAnswerBody)}),
            State::kOpen);
  EXPECT_EQ(Read({ResponseBody("", true)}), State::kEnded);
  const HttpExchange exchange = reader_.Release();
  EXPECT_EQ(exchange.method, "POST");
  EXPECT_EQ(exchange.path, "/v1/chat/completions");
  EXPECT_EQ(HeaderOf(exchange.request_headers, "x-request-id"), "q-1");
  EXPECT_EQ(exchange.request_body, kAskedBody);
  EXPECT_EQ(exchange.response_body, kAnswerBody);
  EXPECT_EQ(exchange.status, 200);
  EXPECT_EQ(exchange.start, kStart);
  EXPECT_EQ(exchange.end, kStart + absl::Seconds(5));
  EXPECT_EQ(exchange.transport_end, TransportEnd::kComplete);
}

TEST_F(ReaderTest, EndsAtTheLastEventThoughTheStreamGoesOn) {
  ReadRequest();
  EXPECT_EQ(Read({ResponseHeaders(kEvents), ResponseBody(ChatEvent("4"))}),
            State::kOpen);
  EXPECT_EQ(Read({ResponseBody(ChatEvent("", true)), ResponseBody(kDone)}),
            State::kEnded);
  EXPECT_EQ(reader_.Release().transport_end, TransportEnd::kComplete);
}

TEST_F(ReaderTest, EndsAtTrailersAndAtHeadersWithoutABody) {
  ReadRequest();
  EXPECT_EQ(Read({ResponseHeaders(kJson), ResponseBody(kAnswerBody),
                  ResponseTrailers()}),
            State::kEnded);
  ExchangeReader other(kLimit);
  ExtProcMessage empty = ResponseHeaders({}, true, "204");
  other.Read(empty, now_);
  EXPECT_EQ(other.state(), State::kEnded);
  EXPECT_FALSE(other.lacks_response_body());
}

TEST_F(ReaderTest, AnEndThatNeverCameIsStampedWithTheLastMessage) {
  ReadRequest();
  Read({ResponseHeaders(kEvents), ResponseBody(ChatEvent("4"))});
  const HttpExchange exchange = reader_.Release();
  EXPECT_EQ(exchange.transport_end, TransportEnd::kClientAbort);
  EXPECT_EQ(exchange.end, kStart + absl::Seconds(4));
}

TEST_F(ReaderTest, AFinishReasonIsAnEndWithoutTheLastEvent) {
  ReadRequest();
  Read({ResponseHeaders(kEvents), ResponseBody(ChatEvent("4")),
        ResponseBody(ChatEvent("", true))});
  EXPECT_EQ(reader_.Release().transport_end, TransportEnd::kComplete);
}

TEST_F(ReaderTest, KnowsAStreamByItsBytesWhateverItsTypeSays) {
  for (const std::string type :
       {"text/event-stream", "text/plain", "application/json", ""}) {
    ExchangeReader reader(kLimit);
    const std::string body = ChatEvent("4") + ChatEvent("2", true);
    std::vector<ExtProcMessage> messages = {
        RequestHeaders(), ResponseHeaders({{"content-type", type}})};
    for (const char c : body) messages.push_back(ResponseBody({&c, 1}));
    for (ExtProcMessage& message : messages) reader.Read(message, now_);
    EXPECT_EQ(reader.state(), State::kOpen);
    ExtProcMessage done = ResponseBody(kDone);
    reader.Read(done, now_);
    if (type == "text/event-stream") {
      EXPECT_EQ(reader.state(), State::kEnded);
    }
    EXPECT_NE(reader.Release().response_body.find("[DONE]"), std::string::npos);
  }
}

TEST_F(ReaderTest, DecompressesAsPiecesCome) {
  for (const bool gzip : {true, false}) {
    ExchangeReader reader(kLimit);
    const std::string packed = Gzip(kAnswerBody, gzip);
    std::vector<ExtProcMessage> messages = {
        RequestHeaders({{"content-encoding", "gzip"}}),
        RequestBody(Gzip(kAskedBody)),
        ResponseHeaders({{"content-encoding", gzip ? "gzip" : "deflate"}})};
    for (const char c : packed) messages.push_back(ResponseBody({&c, 1}));
    messages.push_back(ResponseBody("", true));
    for (ExtProcMessage& message : messages) reader.Read(message, now_);
    EXPECT_EQ(reader.state(), State::kEnded);
    const HttpExchange exchange = reader.Release();
    EXPECT_EQ(exchange.request_body, kAskedBody);
    EXPECT_EQ(exchange.response_body, kAnswerBody);
    EXPECT_EQ(exchange.transport_end, TransportEnd::kComplete);
  }
}

TEST_F(ReaderTest, EndsACompressedStreamAtItsLastEvent) {
  ReadRequest();
  HeaderList headers = kEvents;
  headers.emplace_back("content-encoding", "gzip");
  EXPECT_EQ(Read({ResponseHeaders(headers),
                  ResponseBody(Gzip(ChatEvent("4") + std::string(kDone)))}),
            State::kEnded);
}

TEST_F(ReaderTest, AnEncodingThatIsUnknownOrBrokenLosesTheResponseByName) {
  ReadRequest();
  EXPECT_EQ(Read({ResponseHeaders({{"content-encoding", "br"}})}),
            State::kSkipped);
  EXPECT_EQ(reader_.skipped(), "unsupported_encoding");
  EXPECT_FALSE(reader_.skipped_request());

  ExchangeReader broken(kLimit);
  std::vector<ExtProcMessage> messages = {
      RequestHeaders(), ResponseHeaders({{"content-encoding", "gzip"}}),
      ResponseBody(std::string_view(Gzip(kAnswerBody)).substr(0, 60)),
      ResponseBody("nonsense that is no gzip at all"), ResponseBody("", true)};
  for (ExtProcMessage& message : messages) broken.Read(message, now_);
  EXPECT_TRUE(broken.encoding_broke());
  EXPECT_EQ(broken.Release().transport_end, TransportEnd::kUpstreamReset);
}

TEST_F(ReaderTest, RequestsThatAskNoModelAreSkippedAtOnce) {
  EXPECT_EQ(Read({RequestHeaders({}, "/v1/embeddings?x=1")}), State::kSkipped);
  EXPECT_FALSE(reader_.skipped().empty());
  EXPECT_TRUE(reader_.skipped_request());
  EXPECT_EQ(Read({RequestBody(kAskedBody), ResponseHeaders(kJson)}),
            State::kSkipped);
}

TEST_F(ReaderTest, KeepsNoSecrets) {
  Read({RequestHeaders({{"authorization", "Bearer x"},
                        {"Cookie", "a=b"},
                        {"x-api-key", "k"},
                        {"x-session-id", "s"}}),
        ResponseHeaders({{"set-cookie", "a=b"}})});
  const HttpExchange exchange = reader_.Release();
  for (const char* secret : {"authorization", "cookie", "x-api-key"})
    EXPECT_EQ(HeaderOf(exchange.request_headers, secret), "");
  EXPECT_EQ(HeaderOf(exchange.response_headers, "set-cookie"), "");
  EXPECT_EQ(HeaderOf(exchange.request_headers, "x-session-id"), "s");
}

TEST_F(ReaderTest, BodiesBeyondTheLimitAreCutAndCounted) {
  const std::string big(kLimit, 'x');
  Read({RequestHeaders(), RequestBody(big), RequestBody(big),
        ResponseHeaders(kJson), ResponseBody("{" + big), ResponseBody(big)});
  EXPECT_TRUE(reader_.request_too_large());
  EXPECT_LT(reader_.held_bytes(), 8 * kLimit);
  const HttpExchange exchange = reader_.Release();
  EXPECT_EQ(exchange.request_body, "");
  EXPECT_EQ(static_cast<int64_t>(exchange.response_body.size()), kLimit);
  EXPECT_EQ(exchange.dropped_bytes, kLimit + 1);
}

TEST_F(ReaderTest, SeesThatBodiesAreNotSent) {
  Read({RequestHeaders(), ResponseHeaders(kJson)});
  EXPECT_TRUE(reader_.lacks_request_body());
  EXPECT_TRUE(reader_.lacks_response_body());
}

// Any messages in any order: the reader takes them, its size is bounded, and
// what it has ended stays ended.
TEST(ExchangeReader, TakesMessagesInAnyOrder) {
  std::mt19937_64 random(5);
  const auto below = [&](size_t n) { return random() % n; };
  const std::array<HeaderList, 4> types = {
      kJson, kEvents, HeaderList{{"content-encoding", "gzip"}}, HeaderList{}};
  const std::array<std::string, 6> bodies = {
      kAskedBody,         kAnswerBody,       ChatEvent("4"),
      std::string(kDone), Gzip(kAnswerBody), std::string("\xff\x00\xfe", 3)};
  int ended = 0;
  for (int i = 0; i < 20'000; ++i) {
    ExchangeReader reader(100);
    State before = State::kOpen;
    for (size_t n = below(10); n > 0; --n) {
      const std::string& body = bodies[below(bodies.size())];
      const std::string_view part =
          std::string_view(body).substr(0, below(body.size() + 1));
      const bool end = below(6) == 0;
      const std::array<ExtProcMessage, 7> messages = {
          RequestHeaders(types[below(4)], "/v1/messages", end),
          RequestBody(part, end),
          ResponseHeaders(types[below(4)], end,
                          below(2) == 0 ? "200" : "9999999999999"),
          ResponseBody(part, end),
          ResponseBody(part, end),
          ResponseTrailers(),
          ExtProcMessage()};
      ExtProcMessage message = messages[below(messages.size())];
      reader.Read(message, kStart);
      if (before != State::kOpen) {
        ASSERT_EQ(reader.state(), before);
      }
      before = reader.state();
      ASSERT_LT(reader.held_bytes(), 10'000);
    }
    ended += before == State::kEnded;
    const HttpExchange exchange = reader.Release();
    ASSERT_LE(exchange.request_body.size(), 100u);
  }
  EXPECT_GT(ended, 1000);
}

}  // namespace
}  // namespace reasonwatch
