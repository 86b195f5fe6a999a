// SPDX-License-Identifier: Apache-2.0
// The pure parts of the client: request bodies, facts read from an answer,
// load.
#include <cmath>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rescore/client/body_facts.h"
#include "rescore/client/failure.h"
#include "rescore/client/load.h"
#include "rescore/client/request_body.h"

namespace reasonwatch {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string NameOf(std::string_view body) {
  return ClientFailureName(ReadBodyFacts(body).status());
}

TEST(BodyFacts, CountsChoicesOfInterleavedStreams) {
  const auto facts = ReadBodyFacts(
      ": comment\r\n"
      "event: x\r\n"
      "data: {\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{}}]}\r\n\r\n"
      "data: {\"choices\":[{\"index\":1,\"delta\":{}}]}\n\n"
      "data: {\"choices\":[{\"index\":1,\"finish_reason\":\"stop\"}]}\n\n"
      "data: {\"choices\":[],\"usage\":{}}\n\n"
      "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"length\"}],"
      "\"system_fingerprint\":\"f\"}\n\n");
  ASSERT_TRUE(facts.ok()) << facts.status();
  EXPECT_TRUE(facts->sse);
  EXPECT_EQ(facts->choices, 2);
  EXPECT_EQ(facts->model, "m");
  EXPECT_EQ(facts->fingerprint, "f");
}

TEST(BodyFacts, WantsAnEndOfEveryChoice) {
  const std::string one =
      "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n";
  const std::string other = "data: {\"choices\":[{\"index\":1}]}\n\n";
  EXPECT_TRUE(ReadBodyFacts(one).ok());
  EXPECT_EQ(NameOf(one + other), "truncated_stream");
  EXPECT_TRUE(ReadBodyFacts(one + other + "data: [DONE]").ok());
  EXPECT_EQ(NameOf(other + "data: {\"choi"), "truncated_stream");
}

TEST(BodyFacts, RefusesWhatIsNoAnswer) {
  for (const char* body :
       {"", " \n", "null", "[]", "\"text\"", "{", "{}", "{\"choices\": []}",
        "{\"choices\": [3]}", "{\"choices\": [{\"index\": -1}]}",
        "{\"choices\": [{\"index\": \"0\"}]}", "data: x\n\n", "data: 4\n\n",
        "data: [DONE]\n\n", "\xff\xfe", "{\"choices\": [{}]} trailing"})
    EXPECT_EQ(NameOf(body), "bad_body") << body;
  EXPECT_EQ(NameOf(R"({"error": {"type": "overloaded"}, "choices": []})"),
            "error_in_200");
  EXPECT_TRUE(ReadBodyFacts(R"({"error": null, "choices": [{}]})").ok());
}

TEST(BodyFacts, IsLinearOnDeepAndLongBodies) {
  EXPECT_EQ(NameOf(std::string(1 << 20, '[')), "bad_body");
  EXPECT_EQ(NameOf(std::string(1 << 22, '\n') + "data: {}"),
            "truncated_stream");
  std::string many;
  for (int i = 0; i < 20000; ++i)
    many += "data: {\"choices\":[{\"index\":" + std::to_string(i) + "}]}\n";
  EXPECT_EQ(NameOf(many), "bad_body");
}

TEST(BodyFacts, GivesAnErrorsKindAndNeverItsText) {
  EXPECT_EQ(ErrorKind(R"({"error": {"type": "a_b", "message": "text"}})"),
            "a_b");
  EXPECT_EQ(ErrorKind(R"({"error": {"type": "has a space"}})"),
            "an error object");
  EXPECT_EQ(ErrorKind(R"({"object": "error", "type": "BadRequestError"})"),
            "BadRequestError");
  EXPECT_EQ(ErrorKind("<html>"), "no JSON");
  EXPECT_TRUE(BlamesModel(R"({"error": {"param": "model", "code": 404}})"));
  EXPECT_TRUE(BlamesModel(R"({"error": {"code": "model_not_found"}})"));
  for (const char* other :
       {R"({"error": {"param": "messages"}})", R"({"error": "model"})", "[]",
        "<html>", "", R"({"error": {"param": null, "code": 404}})"})
    EXPECT_FALSE(BlamesModel(other)) << other;
}

TEST(SameModel, AllowsDatesAndOwnersOnly) {
  EXPECT_TRUE(IsSameModel("m", "m"));
  EXPECT_TRUE(IsSameModel("m", ""));
  EXPECT_TRUE(IsSameModel("owner/M", "m"));
  EXPECT_TRUE(IsSameModel("m", "/models/m"));
  EXPECT_TRUE(IsSameModel("m", "m-2026-01-31"));
  EXPECT_FALSE(IsSameModel("m", "m-mini"));
  EXPECT_FALSE(IsSameModel("m", "m-8b"));
  EXPECT_FALSE(IsSameModel("m-mini", "m"));
  EXPECT_FALSE(IsSameModel("m", "n"));
}

SampleRequest Ask() {
  SampleRequest r;
  r.prompt = "a \"quoted\" line\n\x01";
  return r;
}

TEST(RequestBody, QuotesAndLeavesOutWhatIsUnstated) {
  SampleRequest request = Ask();
  request.temperature = std::numeric_limits<double>::quiet_NaN();
  RequestExtras extras;
  extras.model = "m";
  auto body = BuildRequestBody(request, extras);
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->path, "completions");
  EXPECT_THAT(body->json, HasSubstr(R"("a \"quoted\" line\u000a\u0001")"));
  EXPECT_THAT(body->json, HasSubstr("top_p"));
  EXPECT_THAT(body->json, Not(HasSubstr("temperature")));
  EXPECT_THAT(body->json, Not(HasSubstr("nan")));

  request.top_logprobs = 3;
  EXPECT_THAT(BuildRequestBody(request, extras)->json,
              HasSubstr(R"("logprobs": 3)"));
  request.prompt.clear();
  request.messages_json = "[]";
  request.effort = "low";
  body = BuildRequestBody(request, extras);
  ASSERT_TRUE(body.ok()) << body.status();
  EXPECT_EQ(body->path, "chat/completions");
  EXPECT_THAT(body->json, HasSubstr(R"("logprobs": true, "top_logprobs": 3)"));
  EXPECT_THAT(body->json, HasSubstr(R"("reasoning_effort": "low")"));
}

TEST(Load, AddsUpOverSeries) {
  const auto vllm = ParseLoadMetrics(
      "vllm:num_requests_waiting{engine=\"0\",model_name=\"a}b\\\"\"} 1.0\n"
      "vllm:num_requests_waiting{engine=\"1\"} 2 1700000000\r\n"
      "vllm:num_requests_waiting_by_reason{reason=\"x\"} 9\n"
      "vllm:num_requests_running 3\n"
      "vllm:generation_tokens_total{engine=\"0\"} 70\n"
      "vllm:generation_tokens_total{engine=\"1\"} 7\n"
      "vllm:kv_cache_usage_perc{engine=\"0\"} 0.5\n"
      "vllm:kv_cache_usage_perc{engine=\"1\"} 0.75");
  ASSERT_TRUE(vllm.has_value());
  EXPECT_EQ(vllm->waiting, 3);
  EXPECT_EQ(vllm->running, 3);
  EXPECT_EQ(vllm->kv_usage, 0.75);
  EXPECT_EQ(vllm->generated_tokens, 77);

  const auto sglang = ParseLoadMetrics(
      "sglang:num_queue_reqs{} 4\nsglang:num_running_reqs 1\n"
      "sglang:token_usage 0.1\n");
  ASSERT_TRUE(sglang.has_value());
  EXPECT_EQ(sglang->waiting, 4);
  EXPECT_EQ(sglang->kv_usage, 0.1);

  const auto llama = ParseLoadMetrics(
      "# HELP llamacpp:requests_deferred x\n"
      "llamacpp:requests_processing 2\nllamacpp:requests_deferred 0\n");
  ASSERT_TRUE(llama.has_value());
  EXPECT_EQ(llama->running, 2);
  EXPECT_EQ(llama->waiting, 0);
  EXPECT_TRUE(std::isnan(llama->kv_usage));

  for (const char* text :
       {"", "up 1\n", "vllm:num_requests_waiting\n", "{", "\"",
        "vllm:num_requests_waiting{", "vllm:num_requests_waiting NaN\n",
        "vllm:num_requests_waiting -1\n"})
    EXPECT_FALSE(ParseLoadMetrics(text).has_value()) << text;
}

TEST(Load, DoesNotGuessHowManyWaitForASlot) {
  const auto full = ParseLoadSlots(R"([{"is_processing": true}])");
  ASSERT_TRUE(full.has_value());
  EXPECT_EQ(full->running, 1);
  EXPECT_TRUE(std::isnan(full->waiting));
  for (const char* text : {"", "[]", "{}", "[1]", "[{}]"})
    EXPECT_FALSE(ParseLoadSlots(text).has_value()) << text;
}

}  // namespace
}  // namespace reasonwatch
