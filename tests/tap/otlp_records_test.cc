// SPDX-License-Identifier: Apache-2.0
// Each emitter's shape must give the response that it describes. Calls of a
// model are drawn at random, written in every shape, and compared with the
// response that comes out.
//
// In order: the shapes, their table, the comparison, the tests.
#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <string>
#include <vector>

#include "formats/formats.h"
#include "tap/otlp/receiver.h"
#include "tap/otlp/requests.h"
#include "tests/tap/otlp_emitters.h"
#include "tests/tap/otlp_json.h"
#include "tests/tap/otlp_receiver_fixture.h"

namespace reasonwatch {
namespace {

using otlp_test::AddLog;
using otlp_test::AddSpan;
using otlp_test::BodyJson;
using otlp_test::Call;
using otlp_test::InputJson;
using otlp_test::LogRecord;
using otlp_test::Part;
using otlp_test::PartsJson;
using otlp_test::Put;
using otlp_test::PutGenAi;
using otlp_test::RandomCall;
using otlp_test::Slot;
using otlp_test::Span;

struct Sent {
  OtlpTraces traces;
  OtlpLogs logs;
};

// A shape, and the fields that it can deliver.
struct Shape {
  std::string name;
  std::string source;
  bool reasoning = true;
  bool id = true;
  std::function<void(const Call&, Sent&)> emit;
};

void SpanMessages(const Call& c, Sent& sent, std::string_view scope,
                  bool text_first, bool apart, bool responses = false) {
  OtlpAttributes& to = *AddSpan(sent.traces, c, scope).mutable_attributes();
  PutGenAi(to, c);
  if (responses) Put(to, "openai.api.type", "responses");
  Put(to, "gen_ai.output.messages", PartsJson(c, text_first, apart));
  Put(to, "gen_ai.input.messages", InputJson(c));
  Put(to, "gen_ai.system_instructions", "[" + Part("text", c.system) + "]");
}

void Event(const Call& c, Sent& sent, std::string_view name,
           const std::function<void(OtlpAttributes&)>& fill) {
  LogRecord& log =
      AddLog(sent.logs, c, "opentelemetry.instrumentation.openai_v2", name);
  Put(*log.mutable_attributes(), "gen_ai.system", "openai");
  fill(*log.mutable_body()->mutable_kvlist_value()->mutable_values());
}

void OldEvents(const Call& c, Sent& sent) {
  PutGenAi(*AddSpan(sent.traces, c, "opentelemetry.instrumentation.openai_v2")
                .mutable_attributes(),
           c);
  Event(c, sent, "gen_ai.system.message",
        [&c](OtlpAttributes& body) { Put(body, "content", c.system); });
  Event(c, sent, "gen_ai.user.message",
        [&c](OtlpAttributes& body) { Put(body, "content", c.question); });
  Event(c, sent, "gen_ai.choice", [&c](OtlpAttributes& body) {
    Put(body, "index", 0);
    Put(body, "finish_reason", c.finish_reason);
    auto& message =
        *Slot(body, "message").mutable_kvlist_value()->mutable_values();
    Put(message, "role", "assistant");
    Put(message, "content", c.content);
  });
}

// The structured form of the messages, with an empty value in it.
void DetailsEvent(const Call& c, Sent& sent) {
  PutGenAi(
      *AddSpan(sent.traces, c, "opentelemetry.util.genai").mutable_attributes(),
      c);
  LogRecord& log = AddLog(sent.logs, c, "opentelemetry.util.genai",
                          "gen_ai.client.inference.operation.details");
  PutGenAi(*log.mutable_attributes(), c);
  auto& message = *Slot(*log.mutable_attributes(), "gen_ai.output.messages")
                       .mutable_array_value()
                       ->add_values()
                       ->mutable_kvlist_value()
                       ->mutable_values();
  Slot(message, "name");
  Put(message, "role", "assistant");
  auto& parts = *Slot(message, "parts").mutable_array_value();
  for (const auto& [type, text] :
       {std::pair("reasoning", *c.reasoning), std::pair("text", c.content)}) {
    auto& part = *parts.add_values()->mutable_kvlist_value()->mutable_values();
    Put(part, "content", text);
    Put(part, "type", type);
  }
  Put(*log.mutable_attributes(), "gen_ai.input.messages", InputJson(c));
}

void OpenLlmetryOld(const Call& c, Sent& sent) {
  OtlpAttributes& to =
      *AddSpan(sent.traces, c, "opentelemetry.instrumentation.openai.v1")
           .mutable_attributes();
  Put(to, "llm.request.type", "chat");
  Put(to, "gen_ai.request.model", c.model);
  Put(to, "gen_ai.response.id", c.id);
  Put(to, "gen_ai.prompt.0.role", "user");
  Put(to, "gen_ai.prompt.0.content", c.question);
  Put(to, "gen_ai.completion.0.role", "assistant");
  Put(to, "gen_ai.completion.0.content", c.content);
  Put(to, "gen_ai.completion.0.finish_reason", c.finish_reason);
  Put(to, "gen_ai.usage.prompt_tokens", c.input_tokens);
  Put(to, "gen_ai.usage.completion_tokens", c.output_tokens);
  Put(to, "gen_ai.usage.reasoning_tokens", c.reasoning_tokens);
}

void OpenLit(const Call& c, Sent& sent) {
  Call without = c;
  without.reasoning.reset();
  OtlpAttributes& to =
      *AddSpan(sent.traces, c, "openlit.otel.tracing").mutable_attributes();
  PutGenAi(to, c);
  Put(to, "gen_ai.output.messages", PartsJson(without, false, false));
  Put(to, "gen_ai.input.messages", InputJson(c));
  Put(to, "gen_ai.content.reasoning", *c.reasoning);
}

void LiteLlm(const Call& c, Sent& sent) {
  OtlpAttributes& to = *AddSpan(sent.traces, c, "litellm").mutable_attributes();
  PutGenAi(to, c);
  Put(to, "gen_ai.output.messages",
      absl::StrFormat("[{\"content\":%s,\"role\":\"assistant\",\"tool_calls\":"
                      "null,\"function_call\":null,\"reasoning_content\":%s}]",
                      JsonString(c.content), JsonString(*c.reasoning)));
  Put(to, "gen_ai.input.messages",
      absl::StrFormat("[{\"role\":\"user\",\"content\":%s}]",
                      JsonString(c.question)));
}

void OpenInference(const Call& c, Sent& sent, std::string_view field) {
  OtlpAttributes& to =
      *AddSpan(sent.traces, c, "openinference.instrumentation.openai")
           .mutable_attributes();
  Put(to, "openinference.span.kind", "LLM");
  Put(to, "llm.model_name", c.model);
  Put(to, "output.mime_type", "application/json");
  Put(to, "output.value", BodyJson(c, field));
  Put(to, "llm.input_messages.0.message.role", "user");
  Put(to, "llm.input_messages.0.message.content", c.question);
  Put(to, "llm.output_messages.0.message.content", c.content);
  Put(to, "llm.token_count.prompt", c.input_tokens);
}

void OpenInferenceFlat(const Call& c, Sent& sent) {
  OtlpAttributes& to =
      *AddSpan(sent.traces, c, "openinference.instrumentation.other")
           .mutable_attributes();
  Put(to, "openinference.span.kind", "LLM");
  Put(to, "llm.model_name", c.model);
  const std::string message = "llm.output_messages.0.message.";
  Put(to, message + "role", "assistant");
  Put(to, message + "contents.0.message_content.type", "reasoning");
  Put(to, message + "contents.0.message_content.text", *c.reasoning);
  Put(to, message + "contents.1.message_content.type", "text");
  Put(to, message + "contents.1.message_content.text", c.content);
  Put(to, "llm.input_messages.0.message.content", c.question);
  Put(to, "llm.finish_reason", c.finish_reason);
  Put(to, "llm.token_count.prompt", c.input_tokens);
  Put(to, "llm.token_count.completion", c.output_tokens);
  Put(to, "llm.token_count.completion_details.reasoning", c.reasoning_tokens);
}

std::vector<Shape> Shapes() {
  const std::string genai = "opentelemetry.instrumentation.genai.openai";
  return {
      {"genai spans", "otlp/genai", true, true,
       [genai](const Call& c, Sent& s) {
         SpanMessages(c, s, genai, false, false);
       }},
      {"genai spans, text first", "otlp/genai", true, true,
       [genai](const Call& c, Sent& s) {
         SpanMessages(c, s, genai, true, false);
       }},
      {"genai responses", "otlp/genai", true, true,
       [genai](const Call& c, Sent& s) {
         SpanMessages(c, s, genai, false, true, true);
       }},
      {"genai details event", "otlp/genai", true, true, &DetailsEvent},
      {"genai old events", "otlp/genai", false, true, &OldEvents},
      {"openllmetry, spread", "otlp/openllmetry", false, true, &OpenLlmetryOld},
      {"openlit", "otlp/openlit", true, true, &OpenLit},
      {"litellm", "otlp/litellm", true, true, &LiteLlm},
      {"openinference, reasoning", "otlp/openinference", true, true,
       [](const Call& c, Sent& s) { OpenInference(c, s, "reasoning"); }},
      {"openinference, reasoning_content", "otlp/openinference", true, true,
       [](const Call& c, Sent& s) {
         OpenInference(c, s, "reasoning_content");
       }},
      {"openinference, spread", "otlp/openinference", true, false,
       &OpenInferenceFlat},
  };
}

void ExpectCall(const Response& r, const Call& c, const Shape& shape) {
  SCOPED_TRACE(shape.name);
  EXPECT_EQ(r.model, c.model);
  EXPECT_EQ(r.source, shape.source);
  if (shape.id) {
    EXPECT_EQ(r.id, c.id);
  }
  EXPECT_EQ(r.client, "app");
  EXPECT_EQ(absl::ToUnixNanos(r.time), c.start);
  EXPECT_EQ(r.end_time - r.time, absl::Milliseconds(1500));
  EXPECT_NE((r.messages_json + r.prompt).find(JsonString(c.question)),
            std::string::npos)
      << r.messages_json;
  const Trace trace = ParseResponse(r, "plain");
  EXPECT_EQ(trace.answer, c.content);
  EXPECT_EQ(trace.finish_reason, c.finish_reason);
  EXPECT_EQ(trace.usage.input_tokens, c.input_tokens);
  EXPECT_EQ(trace.usage.output_tokens, c.output_tokens);
  EXPECT_EQ(trace.usage.reasoning_tokens, c.reasoning_tokens);
  if (shape.reasoning) {
    EXPECT_EQ(trace.reasoning, c.reasoning);
  } else {
    EXPECT_EQ(trace.reasoning.value_or(""), "");
  }
  EXPECT_EQ(r.without_reasoning_text, !shape.reasoning);
}

TEST(OtlpRecordsTest, EveryShapeGivesTheResponse) {
  std::mt19937 random(1);
  for (const Shape& shape : Shapes())
    for (bool logs_first : {false, true}) {
      OtlpReceiverFixture receiver;
      std::vector<Call> calls;
      for (int i = 0; i < 20; ++i) {
        calls.push_back(RandomCall(random));
        Sent sent;
        shape.emit(calls.back(), sent);
        if (logs_first) receiver.Send(sent.logs);
        receiver.Send(sent.traces);
        if (!logs_first) receiver.Send(sent.logs);
      }
      const std::vector<Response> got = receiver.responses();
      ASSERT_EQ(got.size(), calls.size()) << shape.name;
      for (size_t i = 0; i < got.size(); ++i)
        ExpectCall(got[i], calls[i], shape);
      receiver.Expire();
      EXPECT_EQ(receiver.responses().size(), calls.size()) << shape.name;
    }
}

// OTLP's JSON differs from protobuf's: ids are hex.
TEST(OtlpRecordsTest, JsonGivesTheSameAsProtobuf) {
  std::mt19937 random(2);
  for (const Shape& shape : Shapes()) {
    OtlpReceiverFixture receiver;
    Call call = RandomCall(random);
    call.trace_id = std::string(16, '\x11');
    call.span_id = std::string(8, '\x22');
    Sent sent;
    shape.emit(call, sent);
    receiver.SendJson(OtlpSignal::kTraces, otlp_test::JsonOf(sent.traces));
    receiver.SendJson(OtlpSignal::kLogs, otlp_test::JsonOf(sent.logs));
    ASSERT_EQ(receiver.responses().size(), 1u) << shape.name;
    ExpectCall(receiver.responses()[0], call, shape);
    EXPECT_EQ(receiver.responses()[0].trace_id,
              "11111111111111111111111111111111");
  }
}

// Budgets in the conventions' attribute, and in the parameters of a body in a
// server's own spelling.
TEST(OtlpRecordsTest, ReadsTheBudgetOfThinking) {
  std::mt19937 random(3);
  for (int i = 0; i < 40; ++i) {
    const auto budget = static_cast<int64_t>(random() % 9000);
    OtlpReceiverFixture receiver;
    const Call c = RandomCall(random);
    Sent sent;
    SpanMessages(c, sent, "bench", false, false);
    Span& span = *sent.traces.mutable_resource_spans(0)
                      ->mutable_scope_spans(0)
                      ->mutable_spans(0);
    if (i % 2 == 0) {
      Put(*span.mutable_attributes(),
          i % 4 == 0 ? "gen_ai.request.thinking.budget_tokens"
                     : "agento11y.gen_ai.request.thinking.budget_tokens",
          budget);
    } else {
      span.clear_attributes();
      Put(*span.mutable_attributes(), "openinference.span.kind", "LLM");
      Put(*span.mutable_attributes(), "llm.model_name", c.model);
      Put(*span.mutable_attributes(), "llm.invocation_parameters",
          i % 4 == 1
              ? absl::StrFormat(
                    R"({"thinking":{"type":"enabled","budget_tokens":%d}})",
                    budget)
              : absl::StrFormat(R"({"extra_body":{"thinking_budget":%d}})",
                                budget));
      Put(*span.mutable_attributes(), "output.value", BodyJson(c, "reasoning"));
    }
    receiver.Send(sent.traces);
    receiver.Expire();
    ASSERT_EQ(receiver.responses().size(), 1u) << i;
    EXPECT_EQ(receiver.responses()[0].intent.thinking_budget, budget) << i;
  }
}

}  // namespace
}  // namespace reasonwatch
