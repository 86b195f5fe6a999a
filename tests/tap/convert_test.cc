// SPDX-License-Identifier: Apache-2.0
// The wire message becomes a Response: every field, absent and senseless
// values, labels that are too long, origins, and the repair of texts that are
// not UTF-8.
//
// In order: fields, bounds, origins, UTF-8.
#include "tap/grpc/convert.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "tap/repair_utf8.h"

namespace reasonwatch {
namespace {

// Every field has a value other than its default.
v1::Response FullMessage() {
  v1::Response m;
  m.set_id("id");
  m.mutable_time()->set_seconds(1700000000);
  m.mutable_time()->set_nanos(5);
  m.mutable_end_time()->set_seconds(1700000009);
  m.set_model("model");
  m.set_route("route");
  m.set_replica("replica");
  m.set_session("session");
  m.set_turn(3);
  m.set_origin(v1::ORIGIN_CANARY);
  m.set_prompt("prompt");
  m.set_messages_json("[]");
  m.set_system_prompt("system");
  m.set_content("content");
  m.set_reasoning("reasoning");
  m.set_body("body");
  m.set_body_type(v1::BODY_TYPE_SSE);
  m.set_finish_reason("stop");
  m.mutable_usage()->set_input_tokens(10);
  m.mutable_usage()->set_output_tokens(20);
  m.mutable_usage()->set_reasoning_tokens(0);
  m.mutable_intent()->set_effort("high");
  m.mutable_intent()->set_thinking(false);
  m.mutable_intent()->set_max_tokens(4096);
  m.mutable_intent()->set_asked_language("de");
  m.mutable_sampling()->set_temperature(0.5);
  m.mutable_sampling()->set_top_p(0.9);
  m.mutable_sampling()->set_n(4);
  m.mutable_sampling()->set_choice_index(2);
  m.mutable_regime()->set_fingerprint("fp");
  m.mutable_regime()->set_weights_version("w");
  m.mutable_regime()->set_template_hash("t");
  m.mutable_regime()->set_engine("e");
  m.set_http_status(200);
  m.set_transport_end(v1::TRANSPORT_END_UPSTREAM_RESET);
  m.set_tool_calls(2);
  m.set_streamed(true);
  m.set_problem_id("p");
  m.set_verdict(v1::VERDICT_INCORRECT);
  m.mutable_problem()->set_id("q");
  m.mutable_problem()->set_answer("42");
  m.mutable_problem()->set_answer_kind(v1::ANSWER_KIND_NUMBER);
  m.set_trace_id("trace");
  m.set_task("code");
  m.set_context_window(131072);
  m.set_source("asgi");
  m.set_without_reasoning_text(true);
  m.set_request_id("x-1");
  m.set_asked_model("asked");
  m.set_user("u");
  m.set_client("c");
  m.set_tools_json("[]");
  m.set_response_format_json("{}");
  m.mutable_sent_intent()->set_thinking(false);
  m.mutable_sent_intent()->set_thinking_budget(0);
  return m;
}

TEST(ConvertResponse, CarriesEveryField) {
  v1::Response m = FullMessage();
  const Converted c = ConvertResponse(m, std::nullopt);
  const Response& r = c.response;
  EXPECT_EQ(c.error, "");
  EXPECT_EQ(c.invalid_utf8, 0);
  EXPECT_GT(c.bytes, static_cast<int64_t>(sizeof(Response)));
  EXPECT_EQ(r.id, "id");
  EXPECT_EQ(r.time, absl::FromUnixSeconds(1700000000) + absl::Nanoseconds(5));
  EXPECT_EQ(r.end_time, absl::FromUnixSeconds(1700000009));
  EXPECT_EQ(r.model, "model");
  EXPECT_EQ(r.route, "route");
  EXPECT_EQ(r.replica, "replica");
  EXPECT_EQ(r.session, "session");
  EXPECT_EQ(r.turn, 3);
  EXPECT_EQ(r.origin, Origin::kCanary);
  EXPECT_EQ(r.prompt, "prompt");
  EXPECT_EQ(r.messages_json, "[]");
  EXPECT_EQ(r.system_prompt, "system");
  EXPECT_EQ(r.content, "content");
  EXPECT_EQ(r.reasoning, "reasoning");
  EXPECT_EQ(r.body, "body");
  EXPECT_EQ(r.body_type, BodyType::kSse);
  EXPECT_EQ(r.finish_reason, "stop");
  EXPECT_EQ(r.usage.input_tokens, 10);
  EXPECT_EQ(r.usage.output_tokens, 20);
  EXPECT_EQ(r.usage.reasoning_tokens, 0);
  EXPECT_EQ(r.intent.effort, "high");
  EXPECT_EQ(r.intent.thinking, Thinking::kOff);
  EXPECT_EQ(r.intent.max_tokens, 4096);
  EXPECT_EQ(r.intent.asked_language, "de");
  EXPECT_EQ(r.sampling.temperature, 0.5);
  EXPECT_EQ(r.sampling.top_p, 0.9);
  EXPECT_EQ(r.sampling.n, 4);
  EXPECT_EQ(r.sampling.choice_index, 2);
  EXPECT_EQ(r.regime, (Regime{"fp", "w", "t", "e"}));
  EXPECT_EQ(r.http_status, 200);
  EXPECT_EQ(r.transport_end, TransportEnd::kUpstreamReset);
  EXPECT_EQ(r.tool_calls, 2);
  EXPECT_TRUE(r.streamed);
  EXPECT_EQ(r.problem_id, "p");
  EXPECT_EQ(r.verdict, CallerVerdict::kIncorrect);
  ASSERT_TRUE(r.problem.has_value());
  EXPECT_EQ(r.problem->id, "q");
  EXPECT_EQ(r.problem->answer, "42");
  EXPECT_EQ(r.problem->answer_kind, AnswerKind::kNumber);
  EXPECT_EQ(r.trace_id, "trace");
  EXPECT_EQ(r.task, "code");
  EXPECT_EQ(r.context_window, 131072);
  EXPECT_EQ(r.source, "asgi");
  EXPECT_TRUE(r.without_reasoning_text);
  EXPECT_EQ(r.request_id, "x-1");
  EXPECT_EQ(r.asked_model, "asked");
  EXPECT_EQ(r.user, "u");
  EXPECT_EQ(r.client, "c");
  EXPECT_EQ(r.tools_json, "[]");
  EXPECT_EQ(r.response_format_json, "{}");
  ASSERT_TRUE(r.sent_intent.has_value());
  EXPECT_EQ(r.sent_intent->thinking, Thinking::kOff);
  EXPECT_EQ(r.sent_intent->thinking_budget, 0);
}

TEST(ConvertResponse, AbsentIsNotEmpty) {
  v1::Response m;
  m.set_model("model");
  Response r = ConvertResponse(m, std::nullopt).response;
  EXPECT_EQ(r.content, std::nullopt);
  EXPECT_EQ(r.reasoning, std::nullopt);
  EXPECT_EQ(r.usage.output_tokens, std::nullopt);
  EXPECT_EQ(r.sampling.temperature, std::nullopt);
  EXPECT_EQ(r.intent.thinking, Thinking::kUnstated);
  EXPECT_EQ(r.sampling.n, 1);
  EXPECT_EQ(r.problem, std::nullopt);
  EXPECT_EQ(r.time, absl::InfinitePast());
  EXPECT_EQ(r.origin, Origin::kLive);
  m.Clear();
  m.set_model("model");
  m.set_reasoning("");
  r = ConvertResponse(m, std::nullopt).response;
  EXPECT_EQ(r.reasoning, "");
}

TEST(ConvertResponse, NumbersWithoutSenseAreAbsent) {
  v1::Response m;
  m.set_model("model");
  m.set_turn(-4);
  m.mutable_time()->set_seconds(std::numeric_limits<int64_t>::max());
  m.mutable_end_time()->set_nanos(-1);
  m.mutable_usage()->set_output_tokens(-1);
  m.mutable_sampling()->set_temperature(
      std::numeric_limits<double>::quiet_NaN());
  m.mutable_sampling()->set_n(std::numeric_limits<int32_t>::min());
  m.set_context_window(-1);
  m.set_verdict(static_cast<v1::Verdict>(77));
  const Response r = ConvertResponse(m, std::nullopt).response;
  EXPECT_EQ(r.turn, 0);
  EXPECT_EQ(r.time, absl::InfinitePast());
  EXPECT_EQ(r.end_time, absl::InfinitePast());
  EXPECT_EQ(r.usage.output_tokens, std::nullopt);
  EXPECT_EQ(r.sampling.temperature, std::nullopt);
  EXPECT_EQ(r.sampling.n, 1);
  EXPECT_EQ(r.context_window, 0);
  EXPECT_EQ(r.verdict, CallerVerdict::kNone);
}

TEST(ConvertResponse, OurOwnRequestsAreNeverLive) {
  const auto origin = [](std::string id, v1::Origin given,
                         std::optional<std::string_view> header) {
    v1::Response m;
    m.set_model("model");
    m.set_id(id);
    m.set_origin(given);
    return ConvertResponse(m, header).response.origin;
  };
  EXPECT_EQ(origin("a", v1::ORIGIN_LIVE, std::nullopt), Origin::kLive);
  EXPECT_EQ(origin("rw-1", v1::ORIGIN_LIVE, std::nullopt), Origin::kRescore);
  EXPECT_EQ(origin("a", v1::ORIGIN_LIVE, "canary"), Origin::kCanary);
  EXPECT_EQ(origin("a", v1::ORIGIN_LIVE, "selftest"), Origin::kSelftest);
  for (const char* header : {"rescore", "", "live", "anything"})
    EXPECT_EQ(origin("a", v1::ORIGIN_LIVE, header), Origin::kRescore) << header;
  EXPECT_EQ(origin("rw-1", v1::ORIGIN_SELFTEST, "canary"), Origin::kSelftest);
  EXPECT_NE(origin("a", static_cast<v1::Origin>(99), std::nullopt),
            Origin::kLive);
}

TEST(ConvertResponse, RefusesWhatItCannotUse) {
  v1::Response m;
  m.set_content("text");
  EXPECT_EQ(ConvertResponse(m, std::nullopt).error, "missing_model");
  m.set_model(std::string(kMaxShortStringBytes, 'm'));
  EXPECT_EQ(ConvertResponse(m, std::nullopt).error, "");
  m.set_model(std::string(kMaxShortStringBytes + 1, 'm'));
  EXPECT_EQ(ConvertResponse(m, std::nullopt).error, "label_too_long");
}

TEST(ConvertResponse, CountsEveryTextFieldThatItRepairs) {
  v1::Response m;
  m.set_model("model");
  const std::string bad = "a\xff";
  m.set_prompt(bad);
  m.set_messages_json(bad);
  m.set_system_prompt(bad);
  m.set_content(bad);
  m.set_reasoning(bad);
  m.set_body(bad);
  m.mutable_problem()->set_answer(bad);
  const Converted c = ConvertResponse(m, std::nullopt);
  EXPECT_EQ(c.invalid_utf8, 7);
  const std::string good = "a\xEF\xBF\xBD";
  const Response& r = c.response;
  for (const std::string& text :
       {r.prompt, r.messages_json, r.system_prompt, *r.content, *r.reasoning,
        r.body, r.problem->answer})
    EXPECT_EQ(text, good);
}

TEST(ReplaceInvalidUtf8, KeepsWhatIsWellFormed) {
  for (const std::string& text :
       {std::string(), std::string("ascii\0x", 7), std::string("é漢😀"),
        std::string("\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80"
                    "\xEF\xBF\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF")})
    EXPECT_EQ(ReplaceInvalidUtf8(text), text);
}

// The cases of the Unicode standard 15.0, tables 3-8 to 3-11, and a cut end.
TEST(ReplaceInvalidUtf8, ReplacesMaximalPartsAsUnicodeRecommends) {
  const auto marks = [](int n) {
    std::string s;
    while (n-- > 0) s += "\xEF\xBF\xBD";
    return s;
  };
  EXPECT_EQ(ReplaceInvalidUtf8("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            marks(8) + "A");
  EXPECT_EQ(ReplaceInvalidUtf8("\xED\xA0\x80\xED\xBF\xBF\xED\xAF\x41"),
            marks(8) + "A");
  EXPECT_EQ(ReplaceInvalidUtf8("\xF4\x91\x92\x93\xFF\x41\x80\xBF\x42"),
            marks(5) + "A" + marks(2) + "B");
  EXPECT_EQ(ReplaceInvalidUtf8("\xE1\x80\xE2\xF0\x91\x92\xF1\xBF\x41"),
            marks(4) + "A");
  EXPECT_EQ(ReplaceInvalidUtf8("x\xE6\xBC"), "x" + marks(1));
}

}  // namespace
}  // namespace reasonwatch
