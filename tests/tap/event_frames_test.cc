// SPDX-License-Identifier: Apache-2.0
// AWS' event frames, made here by their published layout: read whole, in every
// two pieces and byte by byte, with wrong checksums and lengths, and as a whole
// exchange with Bedrock.
#include "tap/exchange/event_frames.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "formats/formats.h"
#include "tap/exchange/exchange.h"

namespace reasonwatch {
namespace {

std::string Number(uint32_t value, int size) {
  std::string bytes;
  for (int i = size - 1; i >= 0; --i)
    bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return bytes;
}

uint32_t Crc(const std::string& bytes) {
  return static_cast<uint32_t>(
      crc32(0, reinterpret_cast<const Bytef*>(bytes.data()),
            static_cast<uInt>(bytes.size())));
}

std::string TextHeader(const std::string& name, const std::string& value) {
  return Number(static_cast<uint32_t>(name.size()), 1) + name + '\7' +
         Number(static_cast<uint32_t>(value.size()), 2) + value;
}

std::string Frame(const std::string& headers, const std::string& payload) {
  std::string frame =
      Number(static_cast<uint32_t>(headers.size() + payload.size() + 16), 4) +
      Number(static_cast<uint32_t>(headers.size()), 4);
  frame += Number(Crc(frame), 4);
  frame += headers + payload;
  return frame + Number(Crc(frame), 4);
}

std::string Event(const std::string& type, const std::string& payload) {
  return Frame(TextHeader(":event-type", type) +
                   TextHeader(":content-type", "application/json") +
                   TextHeader(":message-type", "event"),
               payload);
}

std::string Chunk(const std::string& document) {
  return Event("chunk", R"({"bytes":")" + absl::Base64Escape(document) +
                            R"(","p":"abcdef"})");
}

struct Read {
  std::string lines;
  absl::Status status;
  int64_t dropped = 0;
  bool operator==(const Read& o) const {
    return lines == o.lines && status == o.status && dropped == o.dropped;
  }
};

Read InPieces(const std::string& bytes, const std::vector<size_t>& cuts) {
  EventFrames frames;
  Read read;
  size_t at = 0;
  for (size_t cut : cuts) {
    (void)frames.Feed(std::string_view(bytes).substr(at, cut - at), read.lines);
    at = cut;
  }
  (void)frames.Feed(std::string_view(bytes).substr(at), read.lines);
  read.status = frames.Finish();
  read.dropped = frames.dropped_bytes();
  return read;
}

Read Whole(const std::string& bytes) { return InPieces(bytes, {}); }

// Reads in every two pieces and byte by byte too.
Read Everywhere(const std::string& bytes) {
  const Read whole = Whole(bytes);
  std::vector<size_t> each;
  for (size_t i = 1; i < bytes.size(); ++i) {
    EXPECT_EQ(InPieces(bytes, {i}), whole) << i;
    each.push_back(i);
  }
  EXPECT_EQ(InPieces(bytes, each), whole);
  return whole;
}

std::string Conversation() {
  return Event("messageStart", R"({"role":"assistant","p":"ab"})") +
         Event("contentBlockDelta",
               R"({"contentBlockIndex":0,"delta":{"reasoningContent":)"
               R"({"text":"Seven and five"}}})") +
         Event("contentBlockDelta",
               R"({"contentBlockIndex":0,"delta":{"reasoningContent":)"
               R"({"text":" make twelve."}}})") +
         Event("contentBlockStop", R"({"contentBlockIndex":0})") +
         Event("contentBlockDelta",
               "{\"contentBlockIndex\":1,\n\"delta\":{\"text\":\"It is "
               "12.\"}}") +
         Event("messageStop", R"({"stopReason":"end_turn"})") +
         Event("metadata", R"({"usage":{"inputTokens":9,"outputTokens":21,)"
                           R"("totalTokens":30},"metrics":{"latencyMs":7}})");
}

TEST(EventFrames, EachEventIsALine) {
  const Read read =
      Everywhere(Event("messageStop", "{\"stopReason\":\n\"x\"}") +
                 Chunk(R"({"type":"message_stop"})"));
  EXPECT_TRUE(read.status.ok()) << read.status;
  EXPECT_EQ(read.lines,
            "{\"messageStop\":{\"stopReason\": \"x\"}}\n"
            "{\"type\":\"message_stop\"}\n");
  EXPECT_EQ(read.dropped, 0);
}

TEST(EventFrames, ExceptionsAreErrors) {
  const std::string exception =
      Frame(TextHeader(":exception-type", "throttlingException") +
                TextHeader(":message-type", "exception"),
            R"({"message":"slow \"down\""})");
  EXPECT_EQ(Everywhere(exception).lines,
            "{\"error\":{\"type\":\"throttlingException\",\"message\":\"slow "
            "\\\"down\\\"\"}}\n");
  const std::string error = Frame(TextHeader(":error-code", "500") +
                                      TextHeader(":error-message", "gone") +
                                      TextHeader(":message-type", "error"),
                                  "");
  EXPECT_EQ(Whole(error).lines,
            "{\"error\":{\"type\":\"500\",\"message\":\"gone\"}}\n");
}

TEST(EventFrames, HeadersOfEveryTypeArePassedOver) {
  std::string headers;
  const std::pair<int, std::string> kinds[] = {{0, ""},
                                               {1, ""},
                                               {2, "x"},
                                               {3, "xx"},
                                               {4, "xxxx"},
                                               {5, std::string(8, 'x')},
                                               {6, Number(3, 2) + "xyz"},
                                               {8, std::string(8, 'x')},
                                               {9, std::string(16, 'x')}};
  for (const auto& [type, value] : kinds)
    headers += Number(1, 1) + "h" + static_cast<char>(type) + value;
  const std::string frame =
      Frame(headers + TextHeader(":event-type", "metadata"), "{}");
  EXPECT_EQ(Everywhere(frame).lines, "{\"metadata\":{}}\n");
  // A type that does not exist, and a value that is longer than its room.
  EXPECT_FALSE(Whole(Frame(Number(1, 1) + "h" + '\x0b', "{}")).status.ok());
  EXPECT_FALSE(Whole(Frame(Number(1, 1) + "h\7" + Number(99, 2) + "xy", "{}"))
                   .status.ok());
}

// A byte that is changed anywhere is found, and loses nothing before its frame.
TEST(EventFrames, EveryWrongByteIsFound) {
  const std::string first = Event("messageStop", R"({"stopReason":"a"})");
  const std::string bytes = first + Event("metadata", R"({"usage":{}})");
  const std::string before = Whole(first).lines;
  for (size_t i = first.size(); i < bytes.size(); ++i) {
    std::string wrong = bytes;
    wrong[i] = static_cast<char>(wrong[i] ^ 0x10);
    const Read read = Whole(wrong);
    EXPECT_FALSE(read.status.ok()) << i;
    EXPECT_EQ(read.lines, before) << i;
    EXPECT_EQ(read.dropped, static_cast<int64_t>(bytes.size() - first.size()));
  }
}

TEST(EventFrames, ACutOneIsCountedAndKeepsWhatCameBefore) {
  const std::string first = Event("messageStop", R"({"stopReason":"a"})");
  const Read read = Everywhere(first + first.substr(0, 40));
  EXPECT_EQ(read.status.message(), "cut_frame");
  EXPECT_EQ(read.lines, Whole(first).lines);
  EXPECT_EQ(read.dropped, 40);
}

TEST(EventFrames, ALengthBeyondTheLimitIsRefusedAtOnce) {
  std::string prelude = Number(0x7FFFFFFF, 4) + Number(0, 4);
  prelude += Number(Crc(prelude), 4);
  EventFrames frames;
  std::string lines;
  EXPECT_EQ(frames.Feed(prelude, lines).message(), "frame_too_large");
  EXPECT_EQ(frames.buffered_bytes(), 0u);
  EXPECT_FALSE(frames.Feed(std::string(1000, 'x'), lines).ok());
  EXPECT_EQ(frames.dropped_bytes(), 1012);
}

TEST(EventFrames, APayloadThatIsNoObjectIsLeftOut) {
  EventFrames frames;
  std::string lines;
  ASSERT_TRUE(frames
                  .Feed(Event("metadata", "text") + Chunk("[]") +
                            Event("chunk", R"({"bytes":"%%"})"),
                        lines)
                  .ok());
  EXPECT_EQ(lines, "");
  EXPECT_EQ(frames.empty_frames(), 3);
  EXPECT_GT(frames.dropped_bytes(), 0);
}

TEST(EventFrames, RandomBytesNeverGiveALine) {
  std::mt19937 random(17);
  for (int i = 0; i < 2000; ++i) {
    std::string bytes(random() % 200, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    EXPECT_EQ(Whole(bytes).lines, "");
  }
}

HttpExchange Bedrock(const std::string& body) {
  HttpExchange exchange;
  exchange.path = "/model/us.some-model-v1%3A0/converse-stream";
  exchange.request_body =
      R"({"messages":[{"role":"user","content":[{"text":"7+5?"}]}]})";
  exchange.response_headers = {
      {"content-type", "application/vnd.amazon.eventstream"}};
  exchange.response_body = body;
  exchange.status = 200;
  return exchange;
}

TEST(EventFrames, AConversationIsReadAsAResponse) {
  const auto read = ReadHttpExchange(Bedrock(Conversation()));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->frame_error, "");
  EXPECT_TRUE(read->response.streamed);
  const Trace trace = ParseResponse(read->response, "auto");
  EXPECT_EQ(trace.error, "");
  EXPECT_EQ(trace.reasoning, "Seven and five make twelve.");
  EXPECT_EQ(trace.answer, "It is 12.");
  EXPECT_EQ(trace.reasoning_field, "reasoningContent");
  EXPECT_EQ(trace.finish_reason, "stop");
  EXPECT_EQ(trace.usage.output_tokens, 21);
  EXPECT_TRUE(trace.ended);
}

TEST(EventFrames, AnInvokedModelIsReadByItsOwnDocuments) {
  const std::string body =
      Chunk(R"({"type":"message_start","message":{"type":"message",)"
            R"("role":"assistant","content":[],"usage":{"input_tokens":5,)"
            R"("output_tokens":1}}})") +
      Chunk(R"({"type":"content_block_start","index":0,"content_block":)"
            R"({"type":"thinking","thinking":""}})") +
      Chunk(R"({"type":"content_block_delta","index":0,"delta":)"
            R"({"type":"thinking_delta","thinking":"Half of ten."}})") +
      Chunk(R"({"type":"content_block_stop","index":0})") +
      Chunk(R"({"type":"content_block_start","index":1,"content_block":)"
            R"({"type":"text","text":""}})") +
      Chunk(R"({"type":"content_block_delta","index":1,"delta":)"
            R"({"type":"text_delta","text":"5"}})") +
      Chunk(R"({"type":"content_block_stop","index":1})") +
      Chunk(R"({"type":"message_delta","delta":{"stop_reason":"end_turn"},)"
            R"("usage":{"output_tokens":14}})") +
      Chunk(R"({"type":"message_stop"})");
  HttpExchange exchange = Bedrock(body);
  exchange.path = "/model/some.model-v2/invoke-with-response-stream";
  const auto read = ReadHttpExchange(std::move(exchange));
  ASSERT_TRUE(read.ok()) << read.status();
  const Trace trace = ParseResponse(read->response, "auto");
  EXPECT_EQ(trace.reasoning, "Half of ten.");
  EXPECT_EQ(trace.answer, "5");
  EXPECT_EQ(trace.finish_reason, "stop");
  EXPECT_EQ(trace.usage.output_tokens, 14);
}

TEST(EventFrames, ABrokenStreamIsACutResponse) {
  std::string body = Conversation();
  body.resize(body.size() / 2);
  const auto read = ReadHttpExchange(Bedrock(body));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->frame_error, "cut_frame");
  EXPECT_EQ(read->response.transport_end, TransportEnd::kUpstreamReset);
  EXPECT_GT(read->response.dropped_bytes, 0);
  EXPECT_TRUE(ParseResponse(read->response, "auto")
                  .reasoning.value_or("")
                  .starts_with("Seven"));
}

}  // namespace
}  // namespace reasonwatch
