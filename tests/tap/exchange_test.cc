// SPDX-License-Identifier: Apache-2.0
// Single rules of reading an exchange: which requests are none with an LLM, the
// headers, the ends of a body, names, and switches in a prompt.
#include "tap/exchange/exchange.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tap/exchange/request.h"

namespace reasonwatch {
namespace {

HttpExchange Chat() {
  HttpExchange x;
  x.path = "/v1/chat/completions";
  x.request_body =
      R"({"model":"asked","messages":[{"role":"user","content":"2+2?"}]})";
  x.response_body =
      R"({"id":"c1","model":"served","choices":[{"message":{"content":"4"}}]})";
  x.status = 200;
  return x;
}

std::string ErrorOf(HttpExchange x) {
  const auto read = ReadHttpExchange(std::move(x));
  return read.ok() ? "" : std::string(read.status().message());
}

Response ResponseOf(HttpExchange x) {
  auto read = ReadHttpExchange(std::move(x));
  EXPECT_TRUE(read.ok()) << read.status();
  return read.ok() ? read->response : Response();
}

TEST(Exchange, LeavesOutWhatAsksNoModelForText) {
  HttpExchange x = Chat();
  x.method = "GET";
  EXPECT_EQ(ErrorOf(x), "not_a_post");
  for (std::string_view path :
       {"/v1/embeddings", "/v1/messages/count_tokens", "/rerank?x=1",
        "/proxy/v1/audio/transcriptions", "/v1beta/models/m:embedContent",
        "/v1/responses/r_1/cancel"}) {
    x = Chat();
    x.path = std::string(path);
    EXPECT_EQ(ErrorOf(x), "other_path") << path;
  }
  x = Chat();
  x.path = "/login";
  x.request_body = R"({"name":"n"})";
  EXPECT_EQ(ErrorOf(x), "no_llm_request");
}

TEST(Exchange, KnowsARequestByItsBodyIfThePathIsUnknown) {
  HttpExchange x = Chat();
  x.path = "/our/own/gateway";
  EXPECT_EQ(ResponseOf(x).model, "asked");
}

TEST(Exchange, KeepsAResponseWhoseRequestCannotBeRead) {
  HttpExchange x = Chat();
  x.request_body.resize(20);
  const auto read = ReadHttpExchange(x);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(read->request_unread);
  EXPECT_EQ(read->response.model, "served");
  EXPECT_EQ(read->response.asked_model, "");
}

TEST(Exchange, ReadsTheHeaders) {
  HttpExchange x = Chat();
  x.request_headers = {
      {"x-request-id", "q7"},
      {"traceparent",
       "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
      {"user-agent", "client/1"},
      {"x-session-id", "s"},
      {"x-reasonwatch-route", "support"}};
  const Response r = ResponseOf(x);
  EXPECT_EQ(r.id, "c1");
  EXPECT_EQ(r.request_id, "q7");
  EXPECT_EQ(r.trace_id, "0af7651916cd43dd8448eb211c80319c");
  EXPECT_EQ(r.client, "client/1");
  EXPECT_EQ(r.session, "s");
  EXPECT_EQ(r.route, "support");
  EXPECT_EQ(r.origin, Origin::kLive);
}

TEST(Exchange, NamesAResponseWithoutAnIdByItsRequestAndItsText) {
  HttpExchange x = Chat();
  x.request_headers = {{"x-request-id", "q7"}};
  x.response_body = R"({"choices":[{"message":{"content":"4"}}]})";
  const std::string first = ResponseOf(x).id;
  EXPECT_TRUE(first.starts_with("q7-")) << first;
  EXPECT_EQ(ResponseOf(x).id, first);
  x.response_body = R"({"choices":[{"message":{"content":"5"}}]})";
  EXPECT_NE(ResponseOf(x).id, first);
}

TEST(Exchange, KnowsOurOwnQuestions) {
  HttpExchange x = Chat();
  x.request_headers = {{"x-reasonwatch-origin", "canary"}};
  EXPECT_EQ(ResponseOf(x).origin, Origin::kCanary);
  x.request_headers = {{"x-request-id", "rw-5"}};
  EXPECT_EQ(ResponseOf(x).origin, Origin::kRescore);
}

TEST(Exchange, TakesTheModelFromThePathAndElseNamesIt) {
  HttpExchange x = Chat();
  x.path = "/model/anthropic.claude-v2%3A1/invoke";
  x.request_body = R"({"messages":[{"role":"user","content":"x"}]})";
  EXPECT_EQ(ResponseOf(x).model, "anthropic.claude-v2:1");
  x.path = "/v2/models/ensemble/generate";
  x.request_body = R"({"text_input":"say","max_tokens":9})";
  EXPECT_EQ(ResponseOf(x).model, "ensemble");
  EXPECT_EQ(ResponseOf(x).prompt, "say");
  EXPECT_EQ(ResponseOf(x).intent.max_tokens, 9);
  x.path = "/generate";
  x.request_body = R"({"inputs":"say","parameters":{"max_new_tokens":5}})";
  x.response_body = R"({"generated_text":"x"})";
  EXPECT_EQ(ResponseOf(x).model, "unnamed");
  EXPECT_EQ(ResponseOf(x).intent.max_tokens, 5);
}

TEST(Exchange, ABodyWithItsOwnEndIsCompleteHoweverTheConnectionEnded) {
  const std::string chunk =
      "data: {\"id\":\"c\",\"choices\":[{\"delta\":{\"content\":\"4\"}}]}\n\n";
  const auto end = [&](std::string body) {
    HttpExchange x = Chat();
    x.transport_end = TransportEnd::kClientAbort;
    x.response_body = std::move(body);
    return ResponseOf(x).transport_end;
  };
  for (const std::string& last : std::vector<std::string>{
           "data: [DONE]\n\n", "data:[DONE]",
           "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
           "event: response.completed\r\ndata: "
           "{\"type\":\"response.completed\",\"response\":{}}\r\n\r\n",
           "data: {\"choices\":[],\"usage\":{\"total_tokens\":1}}\n\n"})
    EXPECT_EQ(end(chunk + last), TransportEnd::kComplete) << last;
  EXPECT_EQ(end(chunk), TransportEnd::kClientAbort);
  EXPECT_EQ(end(chunk + "data: {\"choices\":[{\"finish"),
            TransportEnd::kClientAbort);
  EXPECT_EQ(end(R"({"choices":[{"message":{"content":"4"}}]})"),
            TransportEnd::kComplete);
  EXPECT_EQ(end(R"({"choices":[{"message":{"conte)"),
            TransportEnd::kClientAbort);
  EXPECT_EQ(end("{\"done\":false}\n{\"done\":true}\n"),
            TransportEnd::kComplete);
  EXPECT_EQ(end("{\"done\":false}\n{\"done\":false}\n"),
            TransportEnd::kClientAbort);
}

TEST(Exchange, TheBodyNullMeansThatTheClientLeft) {
  HttpExchange x = Chat();
  x.response_body = "null";
  EXPECT_EQ(ResponseOf(x).transport_end, TransportEnd::kClientAbort);
}

TEST(Exchange, ReadsTheIdOfAStreamFromItsFirstEvents) {
  HttpExchange x = Chat();
  x.response_body =
      ": ping\n\nevent: message_start\ndata: {\"type\":\"message_start\","
      "\"message\":{\"id\":\"m1\",\"model\":\"s\"}}\n\n";
  const Response r = ResponseOf(x);
  EXPECT_EQ(r.id, "m1");
  EXPECT_EQ(r.body_type, BodyType::kSse);
  EXPECT_TRUE(r.streamed);
}

TEST(Exchange, RefusesWhatNobodyCouldUse) {
  HttpExchange x = Chat();
  x.response_body.clear();
  EXPECT_EQ(ErrorOf(x), "no_response_body");
  x = Chat();
  x.request_body = R"({"model":")" + std::string(kMaxLabelBytes + 1, 'm') +
                   R"(","messages":[{"role":"user","content":"x"}]})";
  EXPECT_EQ(ErrorOf(x), "label_too_long");
}

TEST(Exchange, RepairsBytesThatAreNoUtf8) {
  HttpExchange x = Chat();
  x.response_body += "\xff";
  const auto read = ReadHttpExchange(x);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->repaired_texts, 1);
  EXPECT_TRUE(read->response.body.ends_with("\xEF\xBF\xBD"));
}

TEST(Exchange, SaysIfTheClientWantsNoReasoningDelivered) {
  HttpExchange x = Chat();
  for (std::string_view wish :
       {R"("include_reasoning":false)", R"("reasoning":{"exclude":true})",
        R"("reasoning_format":"hidden")"}) {
    x.request_body =
        R"({"model":"m","messages":[{"role":"user","content":"x"}],)" +
        std::string(wish) + "}";
    EXPECT_TRUE(ResponseOf(x).without_reasoning_text) << wish;
    EXPECT_EQ(ResponseOf(x).intent.thinking, Thinking::kUnstated) << wish;
  }
}

TEST(ThinkingSwitch, CountsAsTheFirstOrLastWordOnly) {
  EXPECT_EQ(ThinkingSwitch("Add them. /no_think"), Thinking::kOff);
  EXPECT_EQ(ThinkingSwitch("/think\nAdd them."), Thinking::kOn);
  EXPECT_EQ(ThinkingSwitch("/no_think"), Thinking::kOff);
  EXPECT_EQ(ThinkingSwitch("detailed thinking off"), Thinking::kOff);
  EXPECT_EQ(ThinkingSwitch("GET /think and go on"), Thinking::kUnstated);
  EXPECT_EQ(ThinkingSwitch("see docs/think"), Thinking::kUnstated);
  EXPECT_EQ(ThinkingSwitch("/thinking about it"), Thinking::kUnstated);
  EXPECT_EQ(ThinkingSwitch(""), Thinking::kUnstated);
}

}  // namespace
}  // namespace reasonwatch
