// SPDX-License-Identifier: Apache-2.0
// Streams drawn from a grammar of the APIs: the part that is kept reads as the
// original does, however their bytes are cut, and its size is about that of the
// text.
#include "tap/ext_proc/event_stream.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "formats/api/body_reader.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kLimit = size_t{64} << 20;

class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  size_t Below(size_t n) { return static_cast<size_t>(random_() % n); }
  bool Rarely() { return Below(12) == 0; }
  template <typename... T>
  std::string OneOf(T... words) {
    const std::vector<std::string> all = {words...};
    return all[Below(all.size())];
  }
  std::string Word() {
    return OneOf("a", " word", "\n", "\"", "\\", "\t", "<think>", "</think>",
                 "4", "é", "日本", "🦉", "{\"a\":1}", "data: x", "[DONE]",
                 "\x01");
  }
  std::string Text() {
    std::string text;
    for (size_t n = Below(4); n > 0; --n) text += Word();
    all_ += text;
    return sends_all_ || ends_whole_ ? all_ : text;
  }

  // One member more, as servers add them.
  std::string Extra() {
    return Rarely()
               ? OneOf(",\"logprobs\":null", ",\"x\":[1]", ",\"role\":null",
                       ",\"content\":\"\"", ",\"refusal\":null",
                       ",\"stop_reason\":null", ",\"flag\":true")
               : "";
  }
  std::string Delta() {
    const std::string key = field_;
    if (Rarely()) field_ = OneOf("content", "reasoning_content", "reasoning");
    std::string out = "\"" + key + "\":" + JsonString(Text());
    if (Rarely()) out += ",\"" + key + "\":" + JsonString(Text());
    if (Rarely())
      out += ",\"" + OneOf("content", "thinking", "text") +
             "\":" + OneOf("null", "\"\"", "\"b\"", "3");
    if (Rarely())
      out =
          "\"tool_calls\":[{\"index\":0,\"id\":\"c\",\"function\":{"
          "\"name\":\"f\",\"arguments\":" +
          JsonString(Text()) + "}}]";
    return "{" + out + Extra() + "}";
  }
  std::string Chat() {
    std::string choice = "{\"index\":" + std::to_string(Rarely() ? 1 : 0);
    if (legacy_)
      choice += ",\"text\":" + JsonString(Text());
    else
      choice += ",\"delta\":" + Delta();
    choice += Rarely() ? ",\"finish_reason\":" +
                             OneOf("\"stop\"", "\"length\"", "\"\"", "3")
                       : OneOf("", ",\"finish_reason\":null");
    choice += Extra() + "}";
    std::string out = "{\"id\":\"r\",\"object\":\"chat.completion.chunk\"";
    if (Below(2) == 0) out += ",\"created\":" + std::to_string(Below(99));
    if (Rarely()) out += ",\"system_fingerprint\":\"" + OneOf("f", "g") + "\"";
    if (Rarely())
      out += ",\"usage\":" +
             OneOf("null", "{\"completion_tokens\":7,\"prompt_tokens\":2}");
    return out + ",\"choices\":[" + (Rarely() ? "" : choice) + "]}";
  }
  std::string Anthropic() {
    switch (Below(10)) {
      case 0:
        return "{\"type\":\"content_block_start\",\"index\":0,\"content_"
               "block\":"
               "{\"type\":\"thinking\",\"thinking\":\"\"}}";
      case 1:
        return "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":" +
               OneOf("null", "\"end_turn\"") +
               "},\"usage\":{\"output_tokens\":5}}";
      case 2:
        return "{\"type\":\"ping\"}";
      default:
        break;
    }
    if (Below(2) == 0)
      return "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":{"
             "\"type\":"
             "\"text_delta\",\"text\":" +
             JsonString(Text()) + "}}";
    return "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":"
           "\"thinking_delta\",\"thinking\":" +
           JsonString(Text()) + "}}";
  }
  std::string Event() {
    std::string data = api_ == 0 ? Chat() : Anthropic();
    if (Rarely()) data.resize(Below(data.size()));
    if (Rarely())
      data = OneOf("[DONE]", "null", "3", "{}", "{\"error\":{}}", "");
    const std::string end = OneOf("\n", "\n", "\r\n");
    std::string out = Rarely() ? ": ping" + end + end : "";
    if (api_ == 1) out += "event: x" + end;
    return out + "data: " + data + end + end;
  }
  std::string Stream() {
    api_ = static_cast<int>(Below(2));
    legacy_ = Rarely();
    std::string out;
    all_.clear();
    sends_all_ = Rarely();
    ends_whole_ = false;
    for (size_t n = Below(30); n > 0; --n) out += Event();
    ends_whole_ = Rarely();
    if (ends_whole_) out += Event();
    if (Rarely()) out.resize(Below(out.size() + 1));
    return out;
  }
  std::vector<std::string_view> Cut(std::string_view bytes) {
    std::vector<std::string_view> pieces;
    while (!bytes.empty()) {
      pieces.push_back(bytes.substr(0, 1 + Below(60)));
      bytes.remove_prefix(pieces.back().size());
    }
    return pieces;
  }

 private:
  std::mt19937_64 random_;
  std::string field_ = "reasoning";
  int api_ = 0;
  bool legacy_ = false;
  std::string all_;          // texts of the stream so far
  bool sends_all_ = false;   // each event has all text before it too
  bool ends_whole_ = false;  // the last event has
};

ApiMessage Read(std::string_view body) {
  BodyReader reader(BodyType::kSse, 0);
  reader.Feed(body);
  return reader.Finish();
}

std::string Shortened(const std::vector<std::string_view>& pieces) {
  EventStream stream(kLimit);
  for (const std::string_view piece : pieces) stream.Feed(piece);
  stream.End();
  EXPECT_EQ(stream.dropped_bytes(), 0);
  return stream.Release();
}

TEST(EventStream, ReadsAsTheOriginal) {
  Generator random(1);
  int with_text = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string body = random.Stream();
    const ApiMessage wanted = Read(body);
    const ApiMessage got = Read(Shortened(random.Cut(body)));
    ASSERT_EQ(got.content, wanted.content) << body;
    ASSERT_EQ(got.reasoning, wanted.reasoning) << body;
    ASSERT_EQ(got.reasoning_field, wanted.reasoning_field) << body;
    ASSERT_EQ(got.reasoning_hidden, wanted.reasoning_hidden) << body;
    ASSERT_EQ(got.finish_reason, wanted.finish_reason) << body;
    ASSERT_EQ(got.usage, wanted.usage) << body;
    ASSERT_EQ(got.tool_calls, wanted.tool_calls) << body;
    ASSERT_EQ(got.regime.fingerprint, wanted.regime.fingerprint) << body;
    ASSERT_EQ(got.error, wanted.error) << body;
    with_text += wanted.content.has_value() && wanted.reasoning.has_value();
  }
  EXPECT_GT(with_text, 2000);
}

std::string Token(std::string_view text) {
  return "data: {\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\","
         "\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{"
         "\"content\":" +
         JsonString(text) + "},\"finish_reason\":null}]}\n\n";
}

TEST(EventStream, HoldsAboutTheText) {
  constexpr size_t kTokens = 100'000;
  EventStream stream(kLimit);
  size_t most = 0;
  for (size_t i = 0; i < kTokens; ++i) {
    stream.Feed(Token("word "));
    most = std::max(most, stream.held_bytes());
  }
  stream.End();
  const std::string kept = stream.Release();
  EXPECT_LT(kept.size(), 6 * kTokens);
  EXPECT_LT(most, 14 * kTokens);
  EXPECT_EQ(Read(kept).content->size(), 5 * kTokens);
}

TEST(EventStream, CountsWhatIsBeyondItsLimit) {
  EventStream stream(1000);
  for (int i = 0; i < 1000; ++i) stream.Feed(Token("0123456789"));
  stream.End();
  const int64_t dropped = stream.dropped_bytes();
  const ApiMessage read = Read(stream.Release());
  EXPECT_GT(dropped, 0);
  EXPECT_EQ(static_cast<int64_t>(read.content->size()) + dropped, 10'000);
}

struct End {
  std::string events;
  bool ended;
  bool finished;
};

TEST(EventStream, KnowsTheEndsOfTheApis) {
  const std::string first =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n";
  const std::string stop =
      "data: "
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"
      "\n\n";
  const std::string other =
      "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"b\"}}]}\n\n";
  for (const auto& [events, ended, finished] : std::vector<End>{
           {"", false, false},
           {first, false, false},
           {first + stop, false, true},
           {first + other + stop, false, false},
           {first + "data: [DONE]\n\n", true, true},
           {first + "data:[DONE]\r\n\r\n", true, true},
           {Token("[DONE]"), false, false},
           {"event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n", true,
            true},
           {"data: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
            "\"end_turn\"}}\n\n",
            false, true},
           {"data: {\"type\":\"response.completed\",\"response\":{}}\n\n", true,
            true},
           {"data: {\"type\":\"response.output_text.done\"}\n\n", false,
            false}}) {
    EventStream stream(kLimit);
    stream.Feed(events);
    EXPECT_EQ(stream.ended(), ended) << events;
    EXPECT_EQ(stream.finished(), finished) << events;
  }
}

}  // namespace
}  // namespace reasonwatch
