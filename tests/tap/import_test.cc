// SPDX-License-Identifier: Apache-2.0
// Lines of the OpenAI batch API and of LiteLLM as those programs write them,
// and lines that neither would.
#include "tap/jsonl/import.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "formats/formats.h"

namespace reasonwatch {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Result {
  std::vector<Response> rows;
  std::vector<std::string> errors;
};

Result Read(RecordFormat format, std::string_view line) {
  RecordReader reader(format);
  Result result;
  reader.Read(line, result.rows, result.errors);
  return result;
}

Result Batch(std::string_view line) {
  return Read(RecordFormat::kOpenAiBatch, line);
}

Result LiteLlm(std::string_view line) {
  return Read(RecordFormat::kLiteLlm, line);
}

TEST(RecordFormatOf, KnowsItsNames) {
  EXPECT_EQ(RecordFormatOf("reasonwatch"), RecordFormat::kReasonwatch);
  EXPECT_EQ(RecordFormatOf("openai-batch"), RecordFormat::kOpenAiBatch);
  EXPECT_EQ(RecordFormatOf("litellm"), RecordFormat::kLiteLlm);
  EXPECT_EQ(RecordFormatOf("LiteLLM"), std::nullopt);
}

TEST(RecordReader, ReadsItsOwnLines) {
  const Result good =
      Read(RecordFormat::kReasonwatch, R"({"model":"m","content":"a"})");
  ASSERT_EQ(good.rows.size(), 1u);
  EXPECT_EQ(good.rows[0].content, "a");
  EXPECT_THAT(good.errors, IsEmpty());
  const Result bad = Read(RecordFormat::kReasonwatch, R"({"id":"x"})");
  EXPECT_THAT(bad.rows, IsEmpty());
  EXPECT_THAT(bad.errors, ElementsAre("model: expected a non-empty string"));
}

// Somebody's first try: the answer of a server as it came.
TEST(RecordReader, ReadsTheBodyOfAResponseAlone) {
  for (const std::string_view line :
       {R"({"id":"c1","object":"chat.completion","model":"m","choices":[)"
        R"({"message":{"role":"assistant","content":"<think>a</think>b"}}]})",
        R"({"responseId":"c1","modelVersion":"m","candidates":[{"content":{)"
        R"("parts":[{"text":"b"}]}}]})",
        R"({"id":"c1","object":"response","model":"m","output":[{"type":)"
        R"("message","content":[{"type":"output_text","text":"b"}]}]})"}) {
    const Result got = Read(RecordFormat::kReasonwatch, line);
    ASSERT_EQ(got.rows.size(), 1u) << line;
    EXPECT_EQ(got.rows[0].id, "c1");
    EXPECT_EQ(got.rows[0].model, "m");
    EXPECT_EQ(got.rows[0].body, line);
    EXPECT_EQ(got.rows[0].body_type, BodyType::kJson);
  }
  // A row with its own texts is none, whatever its other keys are.
  const Result row = Read(RecordFormat::kReasonwatch,
                          R"({"model":"m","content":"a","output":[]})");
  ASSERT_EQ(row.rows.size(), 1u);
  EXPECT_EQ(row.rows[0].content, "a");
}

TEST(OpenAiBatch, ReadsAChatCompletion) {
  const Result got = Batch(
      R"({"id":"batch_req_1","custom_id":"q-17","response":{"status_code":200,
       "request_id":"r","body":{"id":"chatcmpl-1","object":"chat.completion",
       "created":1767225600,"model":"m-1","system_fingerprint":"fp_9",
       "choices":[{"index":0,"message":{"role":"assistant","content":"4",
       "reasoning":"2 + 2"},"finish_reason":"stop"}],
       "usage":{"prompt_tokens":7,"completion_tokens":9}}},"error":null})");
  EXPECT_THAT(got.errors, IsEmpty());
  ASSERT_EQ(got.rows.size(), 1u);
  const Response& r = got.rows[0];
  EXPECT_EQ(r.id, "q-17");
  EXPECT_EQ(r.problem_id, "q-17");
  EXPECT_EQ(r.model, "m-1");
  EXPECT_EQ(r.time, absl::FromUnixSeconds(1767225600));
  EXPECT_EQ(r.http_status, 200);
  EXPECT_EQ(r.regime.fingerprint, "fp_9");
  const Trace trace = ParseResponse(r, "auto");
  EXPECT_EQ(trace.error, "");
  EXPECT_EQ(trace.answer, "4");
  EXPECT_EQ(trace.reasoning, "2 + 2");
  EXPECT_EQ(trace.usage.output_tokens, 9);
}

TEST(OpenAiBatch, ReadsAResponsesBodyWithWhatWasAsked) {
  const Result got = Batch(
      R"({"custom_id":"q","response":{"status_code":200,"body":{
       "object":"response","status":"completed","created_at":1767225600.5,
       "model":"m","instructions":"Be brief.","temperature":0.25,"top_p":1,
       "max_output_tokens":300,"reasoning":{"effort":"low"},
       "output":[{"type":"reasoning","summary":[{"type":"summary_text",
       "text":"so"}]},{"type":"message","content":[{"type":"output_text",
       "text":"4"}]}]}},"error":null})");
  ASSERT_EQ(got.rows.size(), 1u);
  const Response& r = got.rows[0];
  EXPECT_EQ(r.time, absl::FromUnixMillis(1767225600500));
  EXPECT_EQ(r.system_prompt, "Be brief.");
  EXPECT_EQ(r.sampling.temperature, 0.25);
  EXPECT_EQ(r.sampling.top_p, 1.0);
  EXPECT_EQ(r.intent.max_tokens, 300);
  EXPECT_EQ(r.intent.effort, "low");
  const Trace trace = ParseResponse(r, "auto");
  EXPECT_EQ(trace.answer, "4");
  EXPECT_EQ(trace.reasoning_field, "summary_text");
  EXPECT_EQ(trace.finish_reason, "stop");
}

TEST(OpenAiBatch, EveryChoiceIsAResponseOfItsOwn) {
  const Result got = Batch(
      R"({"custom_id":"q","response":{"status_code":200,"body":{"model":"m",
       "choices":[{"index":1,"message":{"content":"one"}},
                  {"index":0,"message":{"content":"zero"}}],
       "usage":{"prompt_tokens":7,"completion_tokens":99}}}})");
  ASSERT_EQ(got.rows.size(), 2u);
  for (size_t i = 0; i < 2; ++i) {
    const Response& r = got.rows[i];
    EXPECT_EQ(r.id, "q");
    EXPECT_EQ(r.sampling.n, 2);
    EXPECT_EQ(r.sampling.choice_index, i == 0 ? 1 : 0);
    const Trace trace = ParseResponse(r, "auto");
    EXPECT_EQ(trace.error, "");
    EXPECT_EQ(trace.answer, i == 0 ? "one" : "zero");
    EXPECT_EQ(trace.usage.input_tokens, 7);
    EXPECT_EQ(trace.usage.output_tokens, std::nullopt);
  }
  const Result unnumbered = Batch(
      R"({"custom_id":"q","response":{"body":{"model":"m","choices":[
       {"text":"zero"},{"text":"one"},{}]}}})");
  ASSERT_EQ(unnumbered.rows.size(), 3u);
  EXPECT_EQ(ParseResponse(unnumbered.rows[1], "auto").answer, "one");
  EXPECT_EQ(ParseResponse(unnumbered.rows[2], "auto").error, "");
}

TEST(OpenAiBatch, SaysWhatCannotBeUsedAndQuotesNoText) {
  const auto error_of = [](std::string_view line) {
    const Result got = Batch(line);
    EXPECT_THAT(got.rows, IsEmpty());
    return got.errors.size() == 1 ? got.errors[0] : "not one error";
  };
  EXPECT_EQ(error_of("[1"),
            "not JSON: The JSON document has an improper structure: missing or "
            "superfluous commas, braces, missing keys, etc.");
  EXPECT_EQ(error_of("[]"), "not a JSON object");
  EXPECT_EQ(error_of("{}"), "response: expected an object");
  EXPECT_EQ(error_of(R"({"response":null,"error":{"code":"batch_expired",
                         "message":"secret"}})"),
            "the request failed: batch_expired");
  EXPECT_EQ(error_of(R"({"response":{"status_code":429,"body":{"error":{
                         "message":"secret"}}}})"),
            "the request failed: status 429");
  EXPECT_EQ(error_of(R"({"response":{"status_code":200,"body":"text"}})"),
            "response.body: expected an object");
  EXPECT_EQ(error_of(R"({"response":{"status_code":200,"body":{}}})"),
            "response.body.model: expected a non-empty string");
}

constexpr std::string_view kRecord = R"({"id":"chatcmpl-5","trace_id":"t-1",
  "call_type":"acompletion","stream":true,"status":"success",
  "startTime":1767225600.25,"endTime":1767225603.75,
  "completionStartTime":1767225601.0,"response_time":0.75,
  "model":"openai/fake-rc","model_group":"reasoner","model_id":"d41d8",
  "api_base":"http://10.0.0.1/v1","prompt_tokens":11,"completion_tokens":37,
  "total_tokens":48,"request_tags":["User-Agent: curl","billing","second"],
  "messages":[{"role":"system","content":"s"},{"role":"user","content":"2+2?"}],
  "metadata":{"session_id":null,"requester_metadata":{"session_id":"s-3"}},
  "model_parameters":{"temperature":0.5,"max_tokens":64,
    "reasoning_effort":"high","chat_template_kwargs":{"enable_thinking":false}},
  "error_str":null,"error_information":null,
  "response":{"id":"chatcmpl-5","model":"fake-rc","system_fingerprint":"fp_1",
    "choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant",
    "content":"4","reasoning_content":"2 + 2","provider_specific_fields":{
    "reasoning":"2 + 2"}}}],
    "usage":{"prompt_tokens":11,"completion_tokens":37,
    "completion_tokens_details":{"reasoning_tokens":29}}}})";

std::string With(std::string_view from, std::string_view to) {
  std::string record(kRecord);
  const size_t at = record.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return record.replace(at, from.size(), to);
}

TEST(LiteLlm, ReadsEveryField) {
  const Result got = LiteLlm(kRecord);
  EXPECT_THAT(got.errors, IsEmpty());
  ASSERT_EQ(got.rows.size(), 1u);
  const Response& r = got.rows[0];
  EXPECT_EQ(r.id, "chatcmpl-5");
  EXPECT_EQ(r.model, "reasoner");
  EXPECT_EQ(r.regime.weights_version, "openai/fake-rc");
  EXPECT_EQ(r.regime.fingerprint, "fp_1");
  EXPECT_EQ(r.replica, "d41d8");
  EXPECT_EQ(r.route, "billing");
  EXPECT_EQ(r.session, "s-3");
  EXPECT_EQ(r.trace_id, "t-1");
  EXPECT_EQ(r.time, absl::FromUnixMillis(1767225600250));
  EXPECT_EQ(r.end_time, absl::FromUnixMillis(1767225603750));
  EXPECT_TRUE(r.streamed);
  EXPECT_EQ(r.messages_json, R"([{"role":"system","content":"s"},)"
                             R"({"role":"user","content":"2+2?"}])");
  EXPECT_EQ(r.sampling.temperature, 0.5);
  EXPECT_EQ(r.intent.max_tokens, 64);
  EXPECT_EQ(r.intent.effort, "high");
  EXPECT_EQ(r.intent.thinking, Thinking::kOff);
  EXPECT_EQ(r.transport_end, TransportEnd::kComplete);
  const Trace trace = ParseResponse(r, "auto");
  EXPECT_EQ(trace.answer, "4");
  EXPECT_EQ(trace.reasoning, "2 + 2");
  EXPECT_EQ(trace.reasoning_field, "reasoning_content");
  EXPECT_EQ(trace.usage.reasoning_tokens, 29);
  EXPECT_EQ(trace.usage.output_tokens, 37);
}

TEST(LiteLlm, AClientThatWentAwayIsNoSuccess) {
  const Result got =
      LiteLlm(With(R"("error_information":null)",
                   R"("error_information":{"error_class":"ClientDisconnected",
              "error_code":"499"})"));
  ASSERT_EQ(got.rows.size(), 1u);
  EXPECT_EQ(got.rows[0].transport_end, TransportEnd::kClientAbort);
}

TEST(LiteLlm, AFailureIsToldByItsCodes) {
  std::string line = With(R"("status":"success")", R"("status":"failure")");
  line.replace(line.find(R"("error_information":null)"),
               sizeof(R"("error_information":null)") - 1,
               R"("error_information":{"error_class":"RateLimitError",
                  "error_code":"429","error_message":"secret"})");
  const Result got = LiteLlm(line);
  EXPECT_THAT(got.rows, IsEmpty());
  EXPECT_THAT(got.errors,
              ElementsAre("the request failed: RateLimitError 429"));
}

TEST(LiteLlm, AnArrayLosesOnlyWhatIsWrong) {
  const std::string record(kRecord);
  const Result got = LiteLlm("[" + record + ",{\"id\":1},7," + record + "]");
  EXPECT_EQ(got.rows.size(), 2u);
  EXPECT_THAT(got.errors,
              ElementsAre("record 2: model: expected a non-empty string",
                          "record 3: not a JSON object"));
}

TEST(LiteLlm, RedactedTextIsNoText) {
  std::string line =
      With(R"("content":"4")", R"("content":"redacted-by-litellm")");
  line.replace(line.find("2+2?"), 4, "redacted-by-litellm");
  const Result got = LiteLlm(line);
  ASSERT_EQ(got.rows.size(), 1u);
  EXPECT_EQ(got.rows[0].messages_json, "");
  const Trace trace = ParseResponse(got.rows[0], "auto");
  EXPECT_FALSE(trace.has_text);
  EXPECT_EQ(trace.finish_reason, "stop");
  EXPECT_EQ(trace.usage.output_tokens, 37);
  EXPECT_EQ(trace.usage.reasoning_tokens, 29);
}

TEST(LiteLlm, ReadsOtherApisAndPlainPrompts) {
  const Result got = LiteLlm(
      R"({"model":"anthropic/m","call_type":"anthropic_messages","id":"rw-1",
       "messages":"2+2?","startTime":-5,"response":{"type":"message",
       "content":[{"type":"thinking","thinking":"so"},
       {"type":"text","text":"4"}],"stop_reason":"end_turn"}})");
  ASSERT_EQ(got.rows.size(), 1u);
  const Response& r = got.rows[0];
  EXPECT_EQ(r.model, "anthropic/m");
  EXPECT_EQ(r.prompt, "2+2?");
  EXPECT_EQ(r.origin, Origin::kRescore);
  EXPECT_EQ(r.time, absl::InfinitePast());
  EXPECT_EQ(ParseResponse(r, "auto").reasoning, "so");
  const Result headers = LiteLlm(With(
      R"("metadata":{)",
      R"("metadata":{"requester_custom_headers":{"x-reasonwatch-origin":"canary"},)"));
  EXPECT_EQ(headers.rows.at(0).origin, Origin::kCanary);
}

TEST(LiteLlm, EmptyResponsesAndStrings) {
  EXPECT_THAT(
      LiteLlm(R"({"model":"m","status":"success","response":{}})").errors,
      ElementsAre("response: expected something in it"));
  const Result text = LiteLlm(
      R"({"model":"m","completion_tokens":5,"response":"kept elsewhere"})");
  ASSERT_EQ(text.rows.size(), 1u);
  EXPECT_FALSE(ParseResponse(text.rows[0], "auto").has_text);
  EXPECT_EQ(text.rows[0].usage.output_tokens, 5);
}

}  // namespace
}  // namespace reasonwatch
