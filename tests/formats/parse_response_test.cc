// SPDX-License-Identifier: Apache-2.0
// Whole responses, from the bytes of a body to the Trace.
//
// In order: JSON bodies, streamed bodies, the responses around them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "core/response.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

using ::testing::Optional;

Response WithBody(std::string_view body, BodyType type) {
  Response response;
  response.model = "my-model";
  response.body = std::string(body);
  response.body_type = type;
  return response;
}

Response WithText(std::optional<std::string> content,
                  std::optional<std::string> reasoning = std::nullopt) {
  Response response;
  response.model = "my-model";
  response.content = std::move(content);
  response.reasoning = std::move(reasoning);
  return response;
}

Trace ParseJson(std::string_view body) {
  return ParseResponse(WithBody(body, BodyType::kJson), "auto");
}

Trace ParseSse(std::string_view body) {
  return ParseResponse(WithBody(body, BodyType::kSse), "auto");
}

constexpr std::string_view kJsonBody = R"({
  "id": "c1", "object": "chat.completion", "model": "my-model",
  "choices": [{"index": 0, "message": {"role": "assistant",
    "content": "The sum is 4.", "reasoning": "Add two and two.",
    "tool_calls": [{"id": "t", "type": "function"}, {"id": "u"}]},
    "finish_reason": "stop"}],
  "usage": {"prompt_tokens": 11, "completion_tokens": 9, "total_tokens": 20,
    "completion_tokens_details": {"reasoning_tokens": 5}}})";

TEST(ParseJsonBody, ReadsEveryField) {
  const Trace trace = ParseJson(kJsonBody);
  EXPECT_EQ(trace.error, "");
  EXPECT_TRUE(trace.has_text);
  EXPECT_THAT(trace.reasoning, Optional(std::string("Add two and two.")));
  EXPECT_EQ(trace.answer, "The sum is 4.");
  EXPECT_EQ(trace.finish_reason, "stop");
  EXPECT_EQ(trace.tool_calls, 2);
  EXPECT_EQ(trace.usage.input_tokens, 11);
  EXPECT_EQ(trace.usage.output_tokens, 9);
  EXPECT_EQ(trace.usage.reasoning_tokens, 5);
  EXPECT_EQ(trace.source, ReasoningSource::kField);
  EXPECT_EQ(trace.marker_state, MarkerState::kNone);
  EXPECT_FALSE(trace.split_differs);
  EXPECT_EQ(trace.format, "plain");
}

TEST(ParseJsonBody, ReadsTheOlderFieldNameAndTopLevelReasoningTokens) {
  const Trace trace = ParseJson(
      R"({"choices":[{"message":{"content":"4","reasoning":null,
          "reasoning_content":"so"}}],"usage":{"reasoning_tokens":3}})");
  EXPECT_THAT(trace.reasoning, Optional(std::string("so")));
  EXPECT_EQ(trace.usage.reasoning_tokens, 3);
}

TEST(ParseJsonBody, NullReasoningIsNotDeliveredAndEmptyIs) {
  EXPECT_EQ(ParseJson(R"({"choices":[{"message":{"content":"4",
      "reasoning":null}}]})")
                .reasoning,
            std::nullopt);
  const Trace empty = ParseJson(
      R"({"choices":[{"message":{"content":"4","reasoning_content":""}}]})");
  EXPECT_THAT(empty.reasoning, Optional(std::string()));
  EXPECT_EQ(empty.source, ReasoningSource::kField);
}

TEST(ParseJsonBody, NullContentBesideReasoningIsAnEmptyAnswer) {
  const Trace trace = ParseJson(
      R"({"choices":[{"message":{"content":null,"reasoning":"so"},
          "finish_reason":"stop"}]})");
  EXPECT_TRUE(trace.has_text);
  EXPECT_EQ(trace.answer, "");
  EXPECT_THAT(trace.reasoning, Optional(std::string("so")));
}

TEST(ParseJsonBody, ToolCallAloneHasNoText) {
  const Trace trace = ParseJson(
      R"({"choices":[{"message":{"content":null,"tool_calls":[{"id":"t"}]},
          "finish_reason":"tool_calls"}]})");
  EXPECT_FALSE(trace.has_text);
  EXPECT_EQ(trace.tool_calls, 1);
  EXPECT_EQ(trace.error, "");
}

TEST(ParseJsonBody, TakesTheAskedChoiceAndDropsSharedCounts) {
  Response response = WithBody(
      R"({"choices":[{"index":1,"message":{"content":"one"}},
                     {"index":0,"message":{"content":"zero"}}],
          "usage":{"prompt_tokens":5,"completion_tokens":80}})",
      BodyType::kJson);
  EXPECT_EQ(ParseResponse(response, "auto").answer, "zero");
  response.sampling.choice_index = 1;
  const Trace trace = ParseResponse(response, "auto");
  EXPECT_EQ(trace.answer, "one");
  EXPECT_EQ(trace.usage.input_tokens, 5);
  EXPECT_EQ(trace.usage.output_tokens, std::nullopt);
  response.sampling.choice_index = 2;
  EXPECT_EQ(ParseResponse(response, "auto").error, "no choice 2");
}

TEST(ParseJsonBody, ReadsContentPartsAndCompletionText) {
  const Trace parts = ParseJson(
      R"({"choices":[{"message":{"content":[
          {"type":"thinking","thinking":[{"type":"text","text":"so"}]},
          {"type":"text","text":"4"}]}}]})");
  EXPECT_THAT(parts.reasoning, Optional(std::string("so")));
  EXPECT_EQ(parts.answer, "4");
  const Trace text =
      ParseJson(R"({"choices":[{"index":0,"text":"<think>a</think>b"}]})");
  EXPECT_THAT(text.reasoning, Optional(std::string("a")));
  EXPECT_EQ(text.source, ReasoningSource::kInText);
}

TEST(ParseJsonBody, ErrorsInsideSuccessfulResponses) {
  EXPECT_EQ(ParseJson(R"({"error":{"message":"secret text","code":400,
      "type":"BadRequestError"}})")
                .error,
            "server error: BadRequestError 400");
  EXPECT_EQ(ParseJson(R"({"object":"error","message":"secret text",
      "type":"invalid request: secret","code":40001})")
                .error,
            "server error: 40001");
  EXPECT_EQ(ParseJson(R"({"error":"secret text"})").error, "server error");
  EXPECT_EQ(ParseJson(R"({"detail":"Not Found"})").error, "server error");
  EXPECT_EQ(ParseJson(R"({"note":"Not Found"})").error, "no known API");
}

TEST(ParseJsonBody, EveryTruncationIsAnErrorAndNoCrash) {
  for (size_t size = 0; size < kJsonBody.size(); ++size) {
    Response response = WithBody(kJsonBody.substr(0, size), BodyType::kJson);
    const Trace trace = ParseResponse(response, "auto");
    EXPECT_FALSE(trace.has_text) << size;
    EXPECT_EQ(trace.error, size == 0 ? "" : "malformed JSON") << size;
  }
}

TEST(ParseJsonBody, MalformedBodies) {
  for (std::string_view body : {"[]", "42", "\"x\"", "{", "{]",
                                "{\"choices\":", "\xFF\xFE", "not json"})
    EXPECT_EQ(ParseJson(body).error, "malformed JSON") << body;
  // A byte that is no UTF-8 spoils itself only.
  EXPECT_EQ(ParseJson("{\"a\":\"\xC3\"}").error, "no known API");
  EXPECT_EQ(ParseJson(std::string(5000, '[')).error, "malformed JSON");
  for (std::string_view body :
       {R"({"choices":null})", R"({"choices":{}})", R"({"choices":[]})",
        R"({"choices":[null,1,"x"]})", R"({"choices":[{"index":7}]})"})
    EXPECT_EQ(ParseJson(body).error, "no choice 0") << body;
  const Trace odd = ParseJson(
      R"({"choices":[{"message":{"content":5,"reasoning":{},"tool_calls":3},
          "finish_reason":9}],"usage":{"completion_tokens":-1,
          "prompt_tokens":"7","completion_tokens_details":[]}})");
  EXPECT_EQ(odd.error, "");
  EXPECT_FALSE(odd.has_text);
  EXPECT_EQ(odd.usage.output_tokens, std::nullopt);
  EXPECT_EQ(odd.usage.input_tokens, std::nullopt);
}

constexpr std::string_view kSseBody =
    ": ping\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\","
    "\"content\":\"\"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"Add \"}}]}\n\n"
    "data: "
    "{\"choices\":[{\"index\":0,\"delta\":{\"reasoning\":\"them.\"}}]}\n\n"
    "event: message\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"It is \"}}]}\n\n"
    "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"4.\","
    "\"tool_calls\":[{\"index\":1}]},\"finish_reason\":\"stop\"}]}\n\n"
    "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3,"
    "\"completion_tokens\":8}}\n\n"
    "data: [DONE]\n\n";

void ExpectWholeStream(const Trace& trace) {
  EXPECT_EQ(trace.error, "");
  EXPECT_THAT(trace.reasoning, Optional(std::string("Add them.")));
  EXPECT_EQ(trace.answer, "It is 4.");
  EXPECT_EQ(trace.finish_reason, "stop");
  EXPECT_EQ(trace.usage.output_tokens, 8);
  EXPECT_EQ(trace.tool_calls, 1);  // its index is 1
  EXPECT_EQ(trace.source, ReasoningSource::kField);
}

TEST(ParseSseBody, JoinsDeltasAndReadsTheUsageChunk) {
  ExpectWholeStream(ParseSse(kSseBody));
}

TEST(ParseSseBody, AcceptsEveryLineEndAndMissingSpaces) {
  const std::string body(kSseBody);
  ExpectWholeStream(ParseSse(absl::StrReplaceAll(body, {{"\n", "\r\n"}})));
  ExpectWholeStream(ParseSse(absl::StrReplaceAll(body, {{"\n", "\r"}})));
  ExpectWholeStream(ParseSse(absl::StrReplaceAll(body, {{"data: ", "data:"}})));
  ExpectWholeStream(ParseSse(absl::StrCat("\xEF\xBB\xBF", body)));
  // Events run together by a proxy.
  ExpectWholeStream(ParseSse(absl::StrReplaceAll(body, {{"\n\n", "\n"}})));
  // One event over several data lines.
  ExpectWholeStream(ParseSse(
      absl::StrReplaceAll(body, {{"{\"index\":0,", "{\ndata: \"index\":0,"}})));
}

TEST(ParseSseBody, EveryTruncationKeepsWhatCameBefore) {
  const std::string answer = "It is 4.";
  for (size_t size = 0; size <= kSseBody.size(); ++size) {
    const Trace trace = ParseResponse(
        WithBody(kSseBody.substr(0, size), BodyType::kSse), "auto");
    EXPECT_THAT(answer, ::testing::StartsWith(trace.answer)) << size;
    EXPECT_THAT("Add them.",
                ::testing::StartsWith(trace.reasoning.value_or("")))
        << size;
  }
}

TEST(ParseSseBody, MarkersMayBeCutByDeltas) {
  const std::string text = "<think>a</think>b";
  std::string body;
  for (char c : text)
    absl::StrAppend(&body, "data: {\"choices\":[{\"index\":0,\"delta\":",
                    "{\"content\":\"", std::string(1, c), "\"}}]}\n\n");
  const Trace trace = ParseSse(body);
  EXPECT_THAT(trace.reasoning, Optional(std::string("a")));
  EXPECT_EQ(trace.answer, "b");
  EXPECT_EQ(trace.source, ReasoningSource::kInText);
}

TEST(ParseSseBody, SkipsABadEventAndSaysSo) {
  const Trace trace = ParseSse(
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
      "data: {\"choices\":[{\"delta\":{\"con\n\n"
      "data: {\"choices\":[{\"delta\":{\"content\":\"b\"}}]}\n\n");
  EXPECT_EQ(trace.answer, "ab");
  EXPECT_EQ(trace.error, "malformed JSON");
}

TEST(ParseSseBody, ErrorEventAndPlainErrorObject) {
  const Trace event = ParseSse(
      "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n"
      "data: {\"error\":{\"code\":500,\"type\":\"InternalServerError\"}}\n\n");
  EXPECT_EQ(event.answer, "a");
  EXPECT_EQ(event.error, "server error: InternalServerError 500");
  EXPECT_EQ(ParseSse("{\"error\":{\"code\":503}}").error, "server error: 503");
}

TEST(ParseSseBody, TakesOneChoiceOfSeveral) {
  Response response = WithBody(
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a\"}}]}\n\n"
      "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"x\"}}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"completion_tokens\":1}}\n\n"
      "data: {\"choices\":[{\"index\":1,\"delta\":{\"content\":\"y\"},"
      "\"finish_reason\":\"length\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{\"completion_tokens\":2}}\n\n",
      BodyType::kSse);
  response.sampling.choice_index = 1;
  const Trace trace = ParseResponse(response, "auto");
  EXPECT_EQ(trace.answer, "xy");
  EXPECT_EQ(trace.finish_reason, "length");
  EXPECT_EQ(trace.usage.output_tokens, std::nullopt);
}

TEST(ParseResponse, ContentFree) {
  Response response = WithText(std::nullopt);
  response.usage.output_tokens = 7;
  response.finish_reason = "stop";
  response.dropped_bytes = 5;
  const Trace trace = ParseResponse(response, "auto");
  EXPECT_FALSE(trace.has_text);
  EXPECT_EQ(trace.reasoning, std::nullopt);
  EXPECT_EQ(trace.usage.output_tokens, 7);
  EXPECT_EQ(trace.finish_reason, "stop");
  EXPECT_EQ(trace.dropped_bytes, 5);
  EXPECT_EQ(trace.error, "");
}

TEST(ParseResponse, MarkersInTheContent) {
  const Trace trace = ParseResponse(WithText("<think>a</think>b"), "auto");
  EXPECT_THAT(trace.reasoning, Optional(std::string("a")));
  EXPECT_EQ(trace.answer, "b");
  EXPECT_EQ(trace.format, "think");
  EXPECT_EQ(trace.marker_state, MarkerState::kWellFormed);
  EXPECT_EQ(trace.source, ReasoningSource::kInText);
  EXPECT_FALSE(trace.split_differs);
}

TEST(ParseResponse, ServerCountsReasoningThatItLeftInTheContent) {
  Response response = WithText("<think>a</think>b");
  response.usage.reasoning_tokens = 12;
  EXPECT_TRUE(ParseResponse(response, "auto").split_differs);
}

TEST(ParseResponse, FieldAndCleanContent) {
  const Trace trace = ParseResponse(WithText("b", "a"), "deepseek_r1");
  EXPECT_THAT(trace.reasoning, Optional(std::string("a")));
  EXPECT_EQ(trace.answer, "b");
  EXPECT_EQ(trace.source, ReasoningSource::kField);
  EXPECT_EQ(trace.marker_state, MarkerState::kNone);
  EXPECT_FALSE(trace.split_differs);
}

TEST(ParseResponse, FieldAndMarkersLeftInTheContent) {
  const Trace rest = ParseResponse(WithText("and c</think>b", "a"), "qwen3");
  EXPECT_TRUE(rest.split_differs);
  EXPECT_EQ(rest.marker_state, MarkerState::kLeaked);
  EXPECT_EQ(rest.source, ReasoningSource::kBoth);
  EXPECT_THAT(rest.reasoning, Optional(std::string("a\nand c")));
  EXPECT_EQ(rest.answer, "b");
}

TEST(ParseResponse, FieldThatRepeatsTheBlockInTheContent) {
  const Trace trace =
      ParseResponse(WithText("<think>\na\n</think>b", "a"), "qwen3");
  EXPECT_THAT(trace.reasoning, Optional(std::string("a")));
  EXPECT_EQ(trace.answer, "b");
  EXPECT_EQ(trace.source, ReasoningSource::kBoth);
  EXPECT_TRUE(trace.split_differs);
}

TEST(ParseResponse, ContentWithoutMarkersIsTheAnswer) {
  Response response = WithText("b");
  response.model = "DeepSeek-R1";
  for (std::string_view reason : {"", "stop"}) {
    response.finish_reason = std::string(reason);
    const Trace trace = ParseResponse(response, "auto");
    EXPECT_EQ(trace.answer, "b");
    EXPECT_EQ(trace.reasoning, std::nullopt);
    EXPECT_EQ(trace.marker_state, MarkerState::kAbsent);
    EXPECT_EQ(trace.source, ReasoningSource::kNone);
  }
  response.finish_reason = "length";
  const Trace cut = ParseResponse(response, "auto");
  EXPECT_THAT(cut.reasoning, Optional(std::string("b")));
  EXPECT_EQ(cut.marker_state, MarkerState::kUnclosed);
  // A server that has a field has cut the answer, not the reasoning.
  response.reasoning = "a";
  EXPECT_EQ(ParseResponse(response, "auto").answer, "b");
}

TEST(ParseResponse, ACutBlockThatTheTemplateOpenedIsUnfinishedReasoning) {
  Response response = WithText("let me see");
  const auto parse = [&](std::string_view finish, TransportEnd end) {
    response.finish_reason = std::string(finish);
    response.transport_end = end;
    return ParseResponse(response, "deepseek_r1");
  };
  for (const Trace& trace : {parse("length", TransportEnd::kComplete),
                             parse("abort", TransportEnd::kComplete),
                             parse("repetition", TransportEnd::kComplete),
                             parse("", TransportEnd::kClientAbort),
                             parse("", TransportEnd::kUpstreamReset)}) {
    EXPECT_THAT(trace.reasoning, Optional(std::string("let me see")));
    EXPECT_EQ(trace.answer, "");
    EXPECT_EQ(trace.marker_state, MarkerState::kUnclosed);
  }
  // One that had ended before the connection did was read by the user.
  for (const Trace& trace : {parse("stop", TransportEnd::kClientAbort),
                             parse("", TransportEnd::kComplete)}) {
    EXPECT_EQ(trace.reasoning, std::nullopt);
    EXPECT_EQ(trace.answer, "let me see");
  }
  // A server with a field for it has not closed it there.
  response.reasoning = "so";
  const Trace field = parse("", TransportEnd::kClientAbort);
  EXPECT_EQ(field.answer, "let me see");
  EXPECT_EQ(field.marker_state, MarkerState::kNone);
}

TEST(ParseResponse, ACutBlockIsUnfinishedWhateverItsServerWouldSay) {
  Response response = WithText("Here is my thought process: add");
  for (const auto& [finish, reasoning] :
       std::vector<std::pair<std::string, std::optional<std::string>>>{
           {"stop", std::nullopt}, {"length", " add"}}) {
    response.finish_reason = finish;
    const Trace trace = ParseResponse(response, "granite");
    EXPECT_EQ(trace.reasoning, reasoning);
    EXPECT_EQ(trace.marker_state, MarkerState::kUnclosed);
  }
}

TEST(ParseResponse, TheTapsRegimeGoesBeforeTheBodys) {
  Response response = WithBody(
      R"({"choices":[{"message":{"content":"a"}}],"system_fingerprint":"b7",
          "metadata":{"weight_version":"w1"}})",
      BodyType::kJson);
  response.regime.engine = "sglang";
  Trace trace = ParseResponse(response, "auto");
  EXPECT_EQ(trace.regime, (Regime{.fingerprint = "b7",
                                  .weights_version = "w1",
                                  .template_hash = "",
                                  .engine = "sglang"}));
  response.regime.fingerprint = "told";
  trace = ParseResponse(response, "auto");
  EXPECT_EQ(trace.regime.fingerprint, "told");
  EXPECT_EQ(trace.regime.weights_version, "w1");
}

TEST(BodyErrorName, IsAClosedVocabulary) {
  const auto name = [](std::string_view body) {
    return BodyErrorName(ParseJson(body).error);
  };
  EXPECT_EQ(name(kJsonBody), "");
  EXPECT_EQ(name(R"({"error":{"type":"x","code":500}})"), "server_error");
  EXPECT_EQ(name("{\"choices\":["), "malformed_body");
  EXPECT_EQ(name("{}"), "unknown_api");
  EXPECT_EQ(name(R"({"choices":[{"index":1,"text":"a"}]})"), "absent_choice");
  EXPECT_EQ(BodyErrorName("too large"), "body_too_large");
}

TEST(ParseResponse, ServerThatPutsTheStartBackIsReadAsABlock) {
  const Trace trace =
      ParseResponse(WithText("<think>a</think>b"), "minimax_m2_append_think");
  EXPECT_THAT(trace.reasoning, Optional(std::string("a")));
  EXPECT_EQ(trace.answer, "b");
  EXPECT_EQ(trace.marker_state, MarkerState::kWellFormed);
}

TEST(ParseResponse, BodyOverrulesTheTap) {
  Response response = WithBody(kJsonBody, BodyType::kJson);
  response.finish_reason = "length";
  response.usage.output_tokens = 1;
  response.usage.input_tokens = 2;
  const Trace trace = ParseResponse(response, "auto");
  EXPECT_EQ(trace.finish_reason, "stop");
  EXPECT_EQ(trace.usage.output_tokens, 9);
}

TEST(ParseResponse, UnknownMarkupIsSaidToBeUnknown) {
  const Trace trace =
      ParseResponse(WithText("<reasoning>a</reasoning>b"), "auto");
  EXPECT_EQ(trace.format, "unknown");
  EXPECT_EQ(trace.answer, "<reasoning>a</reasoning>b");
  EXPECT_EQ(trace.reasoning, std::nullopt);
}

TEST(ParseResponse, ASourceWithoutReasoningHidesItInsteadOfLosingIt) {
  Response response = WithText("The sum is 4.");
  response.model = "deepseek-r1";
  response.usage.reasoning_tokens = 12;
  EXPECT_EQ(ParseResponse(response, "auto").marker_state,
            MarkerState::kStripped);
  response.without_reasoning_text = true;
  const Trace trace = ParseResponse(response, "auto");
  EXPECT_TRUE(trace.reasoning_hidden);
  EXPECT_EQ(trace.marker_state, MarkerState::kNone);
  EXPECT_FALSE(trace.split_differs);
  // Text that came all the same is read.
  response.content = "<think>Add.</think>The sum is 4.";
  const Trace in_text = ParseResponse(response, "auto");
  EXPECT_FALSE(in_text.reasoning_hidden);
  EXPECT_THAT(in_text.reasoning, Optional(std::string("Add.")));
}

}  // namespace
}  // namespace reasonwatch
