// SPDX-License-Identifier: Apache-2.0
// Reports of users of real servers: the response as it was reported, written
// anew, and the state that it must be read as.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "core/response.h"
#include "formats/formats.h"

namespace reasonwatch {
namespace {

using ::testing::Optional;

Trace Parse(std::string_view body, std::string_view model,
            BodyType type = BodyType::kJson,
            Thinking thinking = Thinking::kUnstated) {
  Response response;
  response.model = std::string(model);
  response.body = std::string(body);
  response.body_type = type;
  response.intent.thinking = thinking;
  return ParseResponse(response, "auto");
}

// One chat completion; `message` and `rest` are JSON.
std::string Chat(std::string_view message, std::string_view finish_reason,
                 std::string_view usage = R"({"completion_tokens":40})") {
  return absl::StrCat(R"({"choices":[{"index":0,"message":{)",
                      std::string(message), R"(},"finish_reason":")",
                      std::string(finish_reason), R"("}],"usage":)",
                      std::string(usage), "}");
}

std::string Event(std::string_view delta, std::string_view finish = "null") {
  return absl::StrCat(R"(data: {"choices":[{"index":0,"delta":{)",
                      std::string(delta), R"(},"finish_reason":)",
                      std::string(finish), "}]}\n\n");
}

// Without its end the whole reply stays in the reasoning field.
void ExpectAnswerLost(const Trace& trace, std::string_view reasoning,
                      std::string_view finish_reason) {
  EXPECT_EQ(trace.error, "");
  EXPECT_TRUE(trace.has_text);
  EXPECT_EQ(trace.answer, "");
  EXPECT_THAT(trace.reasoning, Optional(std::string(reasoning)));
  EXPECT_EQ(trace.source, ReasoningSource::kField);
  EXPECT_EQ(trace.finish_reason, finish_reason);
}

TEST(BodyReports, Sglang37645AnswerInTheReasoningField) {
  for (std::string_view finish_reason : {"stop", "length"}) {
    const Trace trace = Parse(
        Chat(R"("content":"","reasoning_content":"First add. The sum is 7.")",
             finish_reason),
        "GLM-5.2");
    ExpectAnswerLost(trace, "First add. The sum is 7.", finish_reason);
    EXPECT_EQ(trace.reasoning_field, "reasoning_content");
  }
}

TEST(BodyReports, Vllm48645EndTokenLeaksIntoTheReasoning) {
  const std::string end = "<｜end▁of▁sentence｜>";
  const Trace trace =
      Parse(Chat(absl::StrCat(R"("content":null,"reasoning":"The sum is 7.)",
                              end, R"(")"),
                 "stop"),
            "DeepSeek-V4");
  ExpectAnswerLost(trace, "The sum is 7." + end, "stop");
}

TEST(BodyReports, LlamaCpp27134WholeReplyInTheReasoningField) {
  const std::string body =
      absl::StrCat(Event(R"("role":"assistant","content":null)"),
                   Event(R"("reasoning_content":"The sum ")"),
                   Event(R"("reasoning_content":"is 7.")"),
                   Event("", R"("stop")"), "data: [DONE]\n\n");
  ExpectAnswerLost(Parse(body, "Laguna", BodyType::kSse), "The sum is 7.",
                   "stop");
}

TEST(BodyReports, LlamaCpp22577EndFirstMakesAllReasoning) {
  const Trace field =
      Parse(Chat(R"("content":"","reasoning_content":"</think>The sum is 7.")",
                 "stop"),
            "Qwen3-8B");
  ExpectAnswerLost(field, "</think>The sum is 7.", "stop");
  // The same text, left to us, has an empty block and an answer.
  const Trace text =
      Parse(Chat(R"("content":"</think>The sum is 7.")", "stop"), "Qwen3-8B");
  EXPECT_EQ(text.answer, "The sum is 7.");
  EXPECT_EQ(text.reasoning.value_or(""), "");
}

TEST(BodyReports, LlamaCpp23320StreamLosesTheStart) {
  const std::string body =
      absl::StrCat(Event(R"("content":"Add them.")"),
                   Event(R"("content":"\n</think>\n\nThe sum ")"),
                   Event(R"("content":"is 7.")", R"("stop")"));
  const Trace trace = Parse(body, "Qwen3-8B", BodyType::kSse);
  EXPECT_EQ(trace.marker_state, MarkerState::kForcedOpen);
  EXPECT_EQ(trace.source, ReasoningSource::kInText);
  EXPECT_EQ(trace.reasoning_field, "");
  EXPECT_THAT(trace.reasoning, Optional(::testing::HasSubstr("Add them.")));
  EXPECT_THAT(trace.answer, ::testing::EndsWith("The sum is 7."));
}

TEST(BodyReports, Vllm41902TokensWithoutText) {
  const Trace trace =
      Parse(Chat(R"("content":null,"reasoning":null,"tool_calls":[])", "stop"),
            "gpt-oss-120b");
  EXPECT_TRUE(trace.has_text);
  EXPECT_EQ(trace.answer, "");
  EXPECT_EQ(trace.reasoning, std::nullopt);
  EXPECT_EQ(trace.source, ReasoningSource::kNone);
  EXPECT_EQ(trace.usage.output_tokens, 40);
}

TEST(BodyReports, Vllm45736ParserEndsBeforeTheFinalChannel) {
  const Trace trace = Parse(
      Chat(R"("content":null,"reasoning":"We add.")", "stop"), "gpt-oss-20b");
  ExpectAnswerLost(trace, "We add.", "stop");
}

TEST(BodyReports, Vllm51977HarmonyErrorIsNoResponse) {
  const Trace trace = Parse(
      R"({"error":{"message":"unexpected tokens remaining in message header",
          "type":"InternalServerError","param":null,"code":500}})",
      "gpt-oss-120b");
  EXPECT_FALSE(trace.has_text);
  EXPECT_EQ(trace.error, "server error: InternalServerError 500");
  // In the middle of a stream, after text.
  const Trace stream =
      Parse(absl::StrCat(Event(R"("reasoning":"We ad")"),
                         "data: {\"error\":{\"type\":\"InternalServerError\","
                         "\"code\":500}}\n\ndata: [DONE]\n\n"),
            "gpt-oss-120b", BodyType::kSse);
  EXPECT_EQ(stream.error, "server error: InternalServerError 500");
  EXPECT_THAT(stream.reasoning, Optional(std::string("We ad")));
  EXPECT_EQ(stream.finish_reason, "");
}

TEST(BodyReports, Vllm34625ThinkTagsStayInTheContent) {
  const Trace trace = Parse(
      Chat(R"("content":"<think>Add them.</think>7","reasoning":null)", "stop"),
      "MiniMax-M2.5");
  EXPECT_EQ(trace.source, ReasoningSource::kInText);
  EXPECT_EQ(trace.reasoning_field, "");
  EXPECT_THAT(trace.reasoning, Optional(std::string("Add them.")));
  EXPECT_EQ(trace.answer, "7");
}

TEST(BodyReports, GlmV243ReasoningNullThinkingInTheContent) {
  const Trace trace = Parse(
      Chat(R"("content":"Add them.</think>7","reasoning_content":null)", "stop",
           R"({"completion_tokens":9,
               "completion_tokens_details":{"reasoning_tokens":6}})"),
      "GLM-4.6V");
  EXPECT_EQ(trace.source, ReasoningSource::kInText);
  EXPECT_THAT(trace.reasoning, Optional(std::string("Add them.")));
  EXPECT_EQ(trace.answer, "7");
  // The server counted reasoning that it did not take out.
  EXPECT_TRUE(trace.split_differs);
}

TEST(BodyReports, LmStudio1602SuccessWithNothing) {
  const Trace trace = Parse(
      Chat(R"("content":"")", "stop",
           R"({"prompt_tokens":0,"completion_tokens":0,"total_tokens":0})"),
      "my-model");
  EXPECT_TRUE(trace.has_text);
  EXPECT_EQ(trace.answer, "");
  EXPECT_EQ(trace.usage.output_tokens, 0);
  EXPECT_EQ(trace.finish_reason, "stop");
}

TEST(BodyReports, DeepSeekV4FlashThinksAndNeverCloses) {
  const Trace trace =
      Parse(Chat(R"("content":"<think>Look. <STORE_AND_RETURN> Look again.")",
                 "length"),
            "DeepSeek-V4-Flash");
  EXPECT_EQ(trace.marker_state, MarkerState::kUnclosed);
  EXPECT_EQ(trace.answer, "");
  EXPECT_THAT(trace.reasoning,
              Optional(::testing::HasSubstr("<STORE_AND_RETURN>")));
}

TEST(BodyReports, OpenWebUi24697EveryThinkingBlockCounts) {
  const Trace blocks = Parse(
      R"({"type":"message","role":"assistant","stop_reason":"end_turn",
          "content":[{"type":"thinking","thinking":"One.","signature":"a"},
          {"type":"text","text":"Wait. "},
          {"type":"thinking","thinking":"Two.","signature":"b"},
          {"type":"text","text":"Seven."}]})",
      "my-model");
  EXPECT_THAT(blocks.reasoning, Optional(std::string("One.\n\nTwo.")));
  EXPECT_EQ(blocks.answer, "Wait. Seven.");
  // Reasoning that begins again after content goes on.
  const Trace stream =
      Parse(absl::StrCat(Event(R"("reasoning_content":"One. ")"),
                         Event(R"("content":"Wait. ")"),
                         Event(R"("reasoning_content":"Two.")"),
                         Event(R"("content":"Seven.")", R"("stop")")),
            "my-model", BodyType::kSse);
  EXPECT_THAT(stream.reasoning, Optional(std::string("One. Two.")));
  EXPECT_EQ(stream.answer, "Wait. Seven.");
}

TEST(BodyReports, Vllm12999TemplateWritesTheStart) {
  const auto parse = [](std::string_view start) {
    return Parse(Chat(absl::StrCat(R"("content":")", std::string(start),
                                   R"(Add.</think>7")"),
                      "stop"),
                 "DeepSeek-R1");
  };
  for (std::string_view start : {"<think>", ""}) {
    const Trace trace = parse(start);
    EXPECT_THAT(trace.reasoning, Optional(std::string("Add.")));
    EXPECT_EQ(trace.answer, "7");
  }
  EXPECT_EQ(parse("<think>").marker_state, MarkerState::kWellFormed);
  EXPECT_EQ(parse("").marker_state, MarkerState::kForcedOpen);
}

TEST(BodyReports, Vllm43395EffortThatSwitchesNothingOn) {
  const Trace trace = Parse(Chat(R"("content":"7","reasoning":null)", "stop",
                                 R"({"completion_tokens":2,
               "completion_tokens_details":{"reasoning_tokens":0}})"),
                            "gemma-4-27b", BodyType::kJson, Thinking::kOn);
  EXPECT_EQ(trace.reasoning, std::nullopt);
  EXPECT_EQ(trace.source, ReasoningSource::kNone);
  EXPECT_EQ(trace.answer, "7");
  EXPECT_EQ(trace.usage.reasoning_tokens, 0);
}

TEST(BodyReports, Sglang5874StreamedAnswerInTheReasoningField) {
  const std::string stream =
      absl::StrCat(Event(R"("role":"assistant","content":"")"),
                   Event(R"("content":null,"reasoning_content":"The sum ")"),
                   Event(R"("content":null,"reasoning_content":"is 7.")"),
                   Event(R"("content":null)", R"("stop")"));
  ExpectAnswerLost(Parse(stream, "Qwen3-8B", BodyType::kSse, Thinking::kOff),
                   "The sum is 7.", "stop");
  const Trace whole = Parse(
      Chat(R"("content":"The sum is 7.","reasoning_content":null)", "stop"),
      "Qwen3-8B", BodyType::kJson, Thinking::kOff);
  EXPECT_EQ(whole.answer, "The sum is 7.");
  EXPECT_EQ(whole.source, ReasoningSource::kNone);
}

TEST(BodyReports, LocalAi11674PrefilledTemplateLeavesTheFieldEmpty) {
  const Trace trace = Parse(
      Chat(R"("content":"Add them.\n</think>\n\n7","reasoning":"")", "stop"),
      "Qwen3-8B");
  EXPECT_EQ(trace.source, ReasoningSource::kBoth);
  EXPECT_TRUE(trace.split_differs);
  EXPECT_EQ(trace.marker_state, MarkerState::kLeaked);
  EXPECT_THAT(trace.reasoning, Optional(::testing::HasSubstr("Add them.")));
  EXPECT_THAT(trace.answer, ::testing::EndsWith("7"));
}

TEST(BodyReports, LlamaCpp22507EmptyBlocks) {
  const Trace text = Parse(
      Chat(R"("content":"<think>\n\n</think>\n\n7")", "stop"), "Qwen3.6-8B");
  EXPECT_EQ(text.marker_state, MarkerState::kWellFormed);
  EXPECT_TRUE(text.reasoning.has_value());
  EXPECT_EQ(text.reasoning->find_first_not_of('\n'), std::string::npos);
  const Trace field = Parse(
      Chat(R"("content":"7","reasoning_content":"")", "stop"), "Qwen3.6-8B");
  EXPECT_THAT(field.reasoning, Optional(std::string()));
  EXPECT_EQ(field.source, ReasoningSource::kField);
  EXPECT_EQ(field.reasoning_field, "reasoning_content");
}

TEST(BodyReports, TtInferenceServer4470ThinkingSilentlyOff) {
  const Trace trace = Parse(Chat(R"("content":"7")", "stop"), "gemma-4-27b");
  EXPECT_EQ(trace.reasoning, std::nullopt);
  EXPECT_EQ(trace.answer, "7");
  EXPECT_TRUE(trace.has_text);
}

TEST(BodyReports, Vllm27755TheFieldIsRenamed) {
  for (std::string_view field : {"reasoning_content", "reasoning"}) {
    const std::string message = absl::StrCat(
        R"("content":"7",")", std::string(field), R"(":"Add them.")");
    const Trace whole = Parse(Chat(message, "stop"), "my-model");
    EXPECT_THAT(whole.reasoning, Optional(std::string("Add them.")));
    EXPECT_EQ(whole.reasoning_field, field);
    const Trace stream = Parse(Event(message), "my-model", BodyType::kSse);
    EXPECT_EQ(stream.reasoning, whole.reasoning);
    EXPECT_EQ(stream.reasoning_field, field);
  }
  // Both at once, while a server changes over, are one text.
  const Trace both = Parse(
      Chat(R"("content":"7","reasoning":"Add.","reasoning_content":"Add.")",
           "stop"),
      "my-model");
  EXPECT_THAT(both.reasoning, Optional(std::string("Add.")));
}

TEST(BodyReports, Litellm20246AProxyDropsTheField) {
  const Trace trace = Parse(Chat(R"("content":"7","role":"assistant")", "stop",
                                 R"({"completion_tokens":40,
               "completion_tokens_details":{"reasoning_tokens":37}})"),
                            "my-model");
  EXPECT_EQ(trace.reasoning, std::nullopt);
  EXPECT_EQ(trace.reasoning_field, "");
  EXPECT_EQ(trace.source, ReasoningSource::kNone);
  // The counts still say that the model has reasoned.
  EXPECT_EQ(trace.usage.reasoning_tokens, 37);
}

TEST(BodyReports, Openlit1341ReasoningThatWasNeverSentToUs) {
  Response response;
  response.model = "my-model";
  response.content = "7";
  response.usage.reasoning_tokens = 37;
  const Trace trace = ParseResponse(response, "auto");
  EXPECT_EQ(trace.reasoning, std::nullopt);
  EXPECT_EQ(trace.usage.reasoning_tokens, 37);
  EXPECT_FALSE(trace.split_differs);
}

}  // namespace
}  // namespace reasonwatch
