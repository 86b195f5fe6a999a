// SPDX-License-Identifier: Apache-2.0
// The body reader over the corpus of recorded bodies, whole, cut and truncated,
// then its limits, framing and errors.
//
// In order: the corpus, the reader, server-sent events, documents, finish
// reasons.
#include "formats/api/body_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "formats/api/finish_reason.h"
#include "formats/api/json_documents.h"
#include "formats/api/sse.h"
#include "formats/formats.h"
#include "formats/parse_message.h"
#include "tests/formats/body_corpus.h"

namespace reasonwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;

// `cuts` ascend.
Trace ParseInPieces(const Response& response, const std::vector<size_t>& cuts) {
  BodyReader reader(response.body_type, response.sampling.choice_index);
  const std::string_view body = response.body;
  size_t at = 0;
  for (size_t cut : cuts) {
    reader.Feed(body.substr(at, cut - at));
    at = cut;
  }
  reader.Feed(body.substr(at));
  return ParseMessage(reader.Finish(), response, "auto");
}

TEST(BodyCorpus, IsReadAsExpected) {
  const auto corpus = ReadBodyCorpus();
  ASSERT_GE(corpus.size(), 60u);
  for (const CorpusBody& body : corpus) {
    SCOPED_TRACE(body.name);
    const Trace trace = ParseResponse(body.response, "auto");
    EXPECT_EQ(trace.reasoning, body.reasoning);
    if (body.answer.has_value()) {
      EXPECT_EQ(trace.answer, *body.answer);
      EXPECT_EQ(trace.finish_reason, body.finish_reason.value_or(""));
      EXPECT_EQ(trace.error, body.error.value_or(""));
    }
    EXPECT_EQ(trace.reasoning_field, body.field);
    EXPECT_EQ(trace.reasoning_hidden, body.hidden);
    EXPECT_EQ(trace.has_text, body.has_text);
    EXPECT_EQ(trace.tool_calls, body.tool_calls);
    EXPECT_EQ(trace.usage.input_tokens, body.input_tokens);
    EXPECT_EQ(trace.usage.output_tokens, body.output_tokens);
    EXPECT_EQ(trace.usage.reasoning_tokens, body.reasoning_tokens);
    EXPECT_EQ(trace.dropped_bytes, 0);
  }
}

// The same body as other servers and proxies would write it.
std::vector<Response> WaysToWrite(const Response& response) {
  std::vector<Response> ways{response};
  if (response.body.find('\n') != std::string::npos) {
    ways.push_back(response);
    ways.back().body = absl::StrReplaceAll(response.body, {{"\n", "\r\n"}});
  }
  if (response.body_type == BodyType::kSse) {
    ways.push_back(response);
    ways.back().body = absl::StrCat(
        "\xEF\xBB\xBF: \xC3\xA9\n",
        absl::StrReplaceAll(response.body,
                            {{"\n\n", "\n: {\"comment\"\r\rid: 7\n\n"}}));
    ways.push_back(response);
    ways.back().body = absl::StrReplaceAll(response.body, {{"\n", "\r"}});
  }
  return ways;
}

TEST(BodyCorpus, EveryCutGivesTheSameTrace) {
  std::mt19937 random(7);
  for (const CorpusBody& body : ReadBodyCorpus()) {
    const Trace first = ParseResponse(body.response, "auto");
    for (const Response& response : WaysToWrite(body.response)) {
      const Trace whole = ParseResponse(response, "auto");
      ASSERT_EQ(whole, first) << body.name;
      for (size_t cut = 0; cut <= response.body.size(); ++cut)
        ASSERT_EQ(ParseInPieces(response, {cut}), whole)
            << body.name << " cut at " << cut;
    }
    for (int round = 0; round < 1000; ++round) {
      const size_t size = body.response.body.size();
      const size_t most = round % 10 == 0 ? size : 40;
      std::vector<size_t> cuts(random() % (most + 1));
      for (size_t& cut : cuts) cut = random() % (size + 1);
      std::sort(cuts.begin(), cuts.end());
      ASSERT_EQ(ParseInPieces(body.response, cuts), first)
          << body.name << " round " << round;
    }
  }
}

TEST(BodyCorpus, EveryTruncationIsReadWithoutInventingText) {
  for (const CorpusBody& body : ReadBodyCorpus()) {
    // Cut, a block of markers may end otherwise.
    if (body.name.find("tags") != std::string::npos ||
        body.name.find("completion") == 0 || !body.answer.has_value())
      continue;
    Response cut = body.response;
    for (size_t size = 1; size < body.response.body.size(); ++size) {
      cut.body.assign(body.response.body, 0, size);
      const Trace trace = ParseResponse(cut, "auto");
      ASSERT_TRUE(body.answer->starts_with(trace.answer))
          << body.name << " cut at " << size;
      ASSERT_TRUE(
          body.reasoning.value_or("").starts_with(trace.reasoning.value_or("")))
          << body.name << " cut at " << size;
    }
  }
}

ApiMessage Read(std::string_view body, BodyType type, BodyLimits limits) {
  BodyReader reader(type, 0, limits);
  reader.Feed(body);
  return reader.Finish();
}

TEST(BodyReader, TextBeyondTheLimitIsCountedAtACharactersEnd) {
  const std::string body =
      "data: {\"choices\":[{\"delta\":{\"reasoning\":\"ab\xC3\xA9\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{\"reasoning\":\"c\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{\"content\":\"1234\"}}]}\n\n";
  const ApiMessage message =
      Read(body, BodyType::kSse, {.text_bytes = 3, .document_bytes = 1000});
  EXPECT_EQ(message.reasoning, "ab");
  EXPECT_EQ(message.content, "123");
  // The character, the text after it, and one byte of the answer.
  EXPECT_EQ(message.dropped_bytes, 2 + 1 + 1);
  EXPECT_EQ(message.error, "");
}

TEST(BodyReader, LargeDocumentsAreLeftOutAndCounted) {
  const std::string large(300, 'x');
  const BodyLimits limits{.text_bytes = 1000, .document_bytes = 100};
  const std::string event =
      absl::StrCat("data: {\"choices\":[{\"text\":\"", large, "\"}]}");
  const ApiMessage events =
      Read(absl::StrCat("data: {\"choices\":[{\"text\":\"a\"}]}\n\n", event,
                        "\n\ndata: {\"choices\":[{\"text\":\"b\"}]}\n\n"),
           BodyType::kSse, limits);
  EXPECT_EQ(events.content, "ab");
  EXPECT_EQ(events.dropped_bytes, static_cast<int64_t>(event.size()));
  EXPECT_EQ(events.error, "too large");
  const std::string document =
      absl::StrCat("{\"choices\":[{\"text\":\"", large, "\"}]}");
  const ApiMessage one = Read(document, BodyType::kJson, limits);
  EXPECT_EQ(one.content, std::nullopt);
  EXPECT_EQ(one.dropped_bytes, static_cast<int64_t>(document.size()));
  EXPECT_EQ(one.error, "too large");
}

TEST(BodyReader, HoldsNoMoreThanItsLimit) {
  for (std::string_view start :
       {"{\"a\": \"", "data: {\"a\":\"", ": comment ", "[[[[", "word",
        "data: x\ndata: y\ndata: ", "\xEF\xBB\xBF    "}) {
    BodyReader reader(BodyType::kNone, 0,
                      {.text_bytes = 10, .document_bytes = 200});
    reader.Feed(start);
    for (int i = 0; i < 1000; ++i) {
      reader.Feed(i % 2 == 0 ? "         " : "[\\\"{ab:  ");
      ASSERT_LE(reader.buffered_bytes(), 400u) << start;
    }
    EXPECT_NE(reader.Finish().error, "") << start;
  }
}

TEST(BodyReader, TheFirstBytesOverruleTheType) {
  const std::string events =
      "event: message\ndata: {\"choices\":[{\"text\":\"a\"}]}\n\n";
  EXPECT_EQ(Read(events, BodyType::kJson, {}).content, "a");
  EXPECT_EQ(Read(events, BodyType::kNone, {}).content, "a");
  const std::string documents = "\n {\"choices\":[{\"text\":\"a\"}]}";
  EXPECT_EQ(Read(documents, BodyType::kSse, {}).content, "a");
}

TEST(BodyReader, TextOfAnUnknownServiceIsNoResponse) {
  const ApiMessage page = Read("<html>Bad gateway</html>", BodyType::kJson, {});
  EXPECT_EQ(page.error, "malformed JSON");
  EXPECT_EQ(page.content, std::nullopt);
  EXPECT_EQ(Read("Bad gateway", BodyType::kSse, {}).error, "no known API");
  EXPECT_EQ(
      Read("{\"message\":{\"content\":\"a\"}}", BodyType::kJson, {}).error,
      "no known API");
}

TEST(BodyReader, OtherApisHaveOneChoice) {
  for (std::string_view body :
       {R"({"type":"message","content":[]})", R"({"object":"response"})",
        R"({"message":{"content":"a"},"done":true})"}) {
    BodyReader reader(BodyType::kJson, 2);
    reader.Feed(body);
    EXPECT_EQ(reader.Finish().error, "no choice 2") << body;
  }
}

TEST(BodyReader, AnEndWithoutTextIsAnEmptyAnswerUnlessATool) {
  const auto read = [](std::string_view fields) {
    return Read(absl::StrCat("{\"choices\":[{", std::string(fields), "}]}"),
                BodyType::kJson, {});
  };
  EXPECT_EQ(
      read(R"("message":{"content":null},"finish_reason":"stop")").content, "");
  EXPECT_EQ(
      read(R"("message":{"content":null},"finish_reason":"abort")").content,
      std::nullopt);
  EXPECT_EQ(read(R"("message":{"content":null})").content, std::nullopt);
  EXPECT_EQ(read(R"("message":{"content":null,"tool_calls":[{"id":"t"}]},
                    "finish_reason":"stop")")
                .content,
            std::nullopt);
}

TEST(BodyReader, TakesTheRegimeFromTheBody) {
  const ApiMessage vllm = Read(
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
      "data: {\"choices\":[],\"system_fingerprint\":\"vllm-0.32.0-1f\"}\n\n",
      BodyType::kSse, {});
  EXPECT_EQ(vllm.regime.fingerprint, "vllm-0.32.0-1f");
  EXPECT_EQ(vllm.regime.weights_version, "");
  const ApiMessage sglang = Read(
      R"({"choices":[{"message":{"content":"a"}}],"system_fingerprint":null,
          "metadata":{"weight_version":"step-40"}})",
      BodyType::kJson, {});
  EXPECT_EQ(sglang.regime.fingerprint, "");
  EXPECT_EQ(sglang.regime.weights_version, "step-40");
  const ApiMessage longer =
      Read(absl::StrCat(R"({"choices":[],"system_fingerprint":")",
                        std::string(kMaxRegimeBytes - 1, 'f'), "\xC3\xA9\"}"),
           BodyType::kJson, {});
  EXPECT_EQ(longer.regime.fingerprint, std::string(kMaxRegimeBytes - 1, 'f'));
}

TEST(BodyReader, OnlyAnErrorThatSaysSomethingIsOne) {
  for (std::string_view nothing : {"null", "\"\"", "false"})
    EXPECT_EQ(Read(absl::StrCat(R"({"choices":[{"text":"a"}],"error":)",
                                std::string(nothing), "}"),
                   BodyType::kJson, {})
                  .error,
              "")
        << nothing;
  EXPECT_EQ(Read(R"({"error":"out of memory"})", BodyType::kJson, {}).error,
            "server error");
  // A gateway's error, inside the choice.
  EXPECT_EQ(Read(R"({"choices":[{"message":{"content":"a"},
                "finish_reason":"error","error":{"code":502}}]})",
                 BodyType::kJson, {})
                .error,
            "server error");
}

TEST(BodyReader, ReadsRawTextOfServersOwnApis) {
  const ApiMessage llama = Read(
      "data: {\"index\":0,\"content\":\"<think>a\",\"stop\":false}\n\n"
      "data: {\"index\":1,\"content\":\"x\",\"stop\":false}\n\n"
      "data: {\"index\":0,\"content\":\"</think>b\",\"stop\":true,"
      "\"stop_type\":\"limit\",\"tokens_evaluated\":5}\n\n",
      BodyType::kSse, {});
  EXPECT_EQ(llama.content, "<think>a</think>b");
  EXPECT_EQ(llama.finish_reason, "length");
  EXPECT_EQ(llama.usage.input_tokens, 5);
  EXPECT_EQ(llama.error, "");
  // SGLang says the whole text so far, or the next piece of it.
  for (std::string_view second : {"ab c", " c"}) {
    const ApiMessage sglang =
        Read(absl::StrCat("data: {\"text\":\"ab\",\"meta_info\":{}}\n\n"
                          "data: {\"text\":\"",
                          std::string(second),
                          "\",\"meta_info\":{\"weight_version\":\"7\","
                          "\"finish_reason\":{\"type\":\"stop\"},"
                          "\"completion_tokens\":3}}\n\ndata: [DONE]\n\n"),
             BodyType::kSse, {});
    EXPECT_EQ(sglang.content, "ab c");
    EXPECT_EQ(sglang.finish_reason, "stop");
    EXPECT_EQ(sglang.usage.output_tokens, 3);
    EXPECT_EQ(sglang.regime.weights_version, "7");
  }
}

TEST(SseParser, GivesDataOnly) {
  std::vector<std::string> events;
  const auto take = [&events](std::string_view data) {
    events.emplace_back(data);
  };
  SseParser parser(1000);
  parser.Feed(
      "id: 1\ndata: a\n\n: comment\n\ndata: b\ndata:c\n\nretry: 5\n\ndata:\n\n"
      "database: no\n\ndata: tail",
      take);
  parser.Finish(take);
  EXPECT_THAT(events, ElementsAre("a", "b\nc", "", "tail"));
}

TEST(JsonDocuments, FindsWhereDocumentsEnd) {
  const std::string text =
      "{\"a\": \"}\\\"\"}{\"b\":[{},[1]]}\n [\"\\\\\"] null\n{\"torn\": \"x\n"
      "{\"c\":\n1}\nnot json {\"d\":2} {\"cut\":";
  const std::vector<std::string> expected = {
      "{\"a\": \"}\\\"\"}", "{\"b\":[{},[1]]}", "[\"\\\\\"]", "null",
      "{\"torn\": \"x",     "{\"c\":\n1}",      "not json ",  "{\"d\":2}",
      "{\"cut\":"};
  for (size_t step = 1; step <= text.size(); ++step) {
    std::vector<std::string> documents;
    const auto take = [&documents](std::string_view d) {
      documents.emplace_back(d);
    };
    JsonDocuments parser(1000);
    for (size_t at = 0; at < text.size(); at += step)
      parser.Feed(std::string_view(text).substr(at, step), take);
    parser.Finish(take);
    EXPECT_THAT(documents, ElementsAreArray(expected)) << step;
  }
}

TEST(FinishReasonOf, IsAClosedVocabulary) {
  EXPECT_EQ(FinishReasonOf(""), "");
  for (std::string_view ours :
       {"stop", "length", "tool_calls", "content_filter", "repetition", "abort",
        "error"})
    EXPECT_EQ(FinishReasonOf(ours), ours);
  EXPECT_EQ(FinishReasonOf("end_turn"), "stop");
  EXPECT_EQ(FinishReasonOf("max_tokens"), "length");
  EXPECT_EQ(FinishReasonOf("MAX_TOKENS"), "length");
  EXPECT_EQ(FinishReasonOf("max-tokens"), "length");
  EXPECT_EQ(FinishReasonOf("Stop-Sequence"), "stop");
  EXPECT_EQ(FinishReasonOf("tool-calls"), "tool_calls");
  EXPECT_EQ(FinishReasonOf("max_completion_tokens"), "length");
  EXPECT_EQ(FinishReasonOf("model_context_window_exceeded"), "length");
  EXPECT_EQ(FinishReasonOf("tool_use"), "tool_calls");
  EXPECT_EQ(FinishReasonOf("refusal"), "content_filter");
  EXPECT_EQ(FinishReasonOf("reasoning_length"), "thinking_budget");
  EXPECT_EQ(FinishReasonOf("repetition_detected"), "repetition");
  EXPECT_EQ(FinishReasonOf("cancelled"), "abort");
  EXPECT_EQ(FinishReasonOf("load"), "other");
  EXPECT_EQ(FinishReasonOf("other"), "other");
}

}  // namespace
}  // namespace reasonwatch
