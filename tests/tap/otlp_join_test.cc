// SPDX-License-Identifier: Apache-2.0
// One response counts once, however many records describe it, and a source that
// has never delivered reasoning is marked.
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "tests/tap/otlp_emitters.h"
#include "tests/tap/otlp_receiver_fixture.h"

namespace reasonwatch {
namespace {

using otlp_test::AddLog;
using otlp_test::AddSpan;
using otlp_test::Call;
using otlp_test::PartsJson;
using otlp_test::Put;
using otlp_test::PutGenAi;
using otlp_test::RandomBytes;
using otlp_test::RandomCall;
using otlp_test::Span;

constexpr std::string_view kScope = "some.instrumentation";

// A client's span with its text.
Span& AddClient(OtlpTraces& request, const Call& c,
                std::string_view service = "app") {
  Span& span = AddSpan(request, c, kScope, service);
  PutGenAi(*span.mutable_attributes(), c);
  Put(*span.mutable_attributes(), "gen_ai.output.messages",
      PartsJson(c, false, false));
  return span;
}

// As vLLM writes it: neither text nor the model's name.
Span& AddServer(OtlpTraces& request, const Call& c, std::string_view parent) {
  Call own = c;
  own.span_id = std::string(parent.rbegin(), parent.rend());
  Span& span = AddSpan(request, own, "vllm.tracing.otel", "server");
  span.set_kind(2);
  span.set_name("llm_request");
  span.set_parent_span_id(std::string(parent));
  Put(*span.mutable_attributes(), "gen_ai.request.id", c.id);
  Put(*span.mutable_attributes(), "gen_ai.usage.prompt_tokens", c.input_tokens);
  Put(*span.mutable_attributes(), "gen_ai.usage.completion_tokens",
      c.output_tokens);
  return span;
}

class OtlpJoinTest : public testing::Test {
 protected:
  template <typename Request, typename F>
  void Send(F fill) {
    Request request;
    fill(request);
    receiver_.Send(request);
  }
  size_t count() const { return receiver_.responses().size(); }

  std::mt19937 random_{3};
  OtlpReceiverFixture receiver_;
};

TEST_F(OtlpJoinTest, AServersSpanIsCountedWithItsClients) {
  for (bool server_first : {false, true}) {
    const size_t before = count();
    const Call c = RandomCall(random_);
    const auto client = [&c](OtlpTraces& r) { AddClient(r, c); };
    const auto server = [&c](OtlpTraces& r) { AddServer(r, c, c.span_id); };
    if (server_first) {
      Send<OtlpTraces>(server);
      Send<OtlpTraces>(client);
    } else {
      Send<OtlpTraces>(client);
      Send<OtlpTraces>(server);
    }
    receiver_.Expire();
    ASSERT_EQ(count(), before + 1);
    EXPECT_EQ(receiver_.responses().back().content, c.content);
  }
}

// Gateways change the ids; the trace is the same.
TEST_F(OtlpJoinTest, AServersSpanIsCountedWithItsClientsOfTheSameTrace) {
  const Call c = RandomCall(random_);
  Call other = c;
  other.id = "another-id";
  Send<OtlpTraces>([&](OtlpTraces& r) { AddServer(r, other, c.span_id); });
  Send<OtlpTraces>([&](OtlpTraces& r) { AddClient(r, c); });
  receiver_.Expire();
  EXPECT_EQ(count(), 1u);
}

TEST_F(OtlpJoinTest, WithoutContentCaptureClientAndServerCountOnceToo) {
  const Call c = RandomCall(random_);
  Call other = c;
  other.id = "another-id";
  Send<OtlpTraces>([&](OtlpTraces& r) {
    PutGenAi(*AddSpan(r, c, kScope).mutable_attributes(), c);
  });
  Send<OtlpTraces>([&](OtlpTraces& r) { AddServer(r, other, c.span_id); });
  receiver_.Expire();
  ASSERT_EQ(count(), 1u);
  EXPECT_EQ(receiver_.responses()[0].id, c.id);
  EXPECT_TRUE(receiver_.responses()[0].without_reasoning_text);
}

TEST_F(OtlpJoinTest, AServersSpanAloneIsAResponseWithoutText) {
  const Call c = RandomCall(random_);
  Send<OtlpTraces>([&](OtlpTraces& r) {
    AddServer(r, c, c.span_id);
    // Set by the operator, because this server does not say its model.
    Put(*r.mutable_resource_spans(0)->mutable_resource()->mutable_attributes(),
        "gen_ai.request.model", c.model);
  });
  EXPECT_EQ(count(), 0u);
  receiver_.Expire();
  ASSERT_EQ(count(), 1u);
  const Response r = receiver_.responses()[0];
  EXPECT_EQ(r.model, c.model);
  EXPECT_EQ(r.usage.output_tokens, c.output_tokens);
  EXPECT_FALSE(r.content.has_value());
  EXPECT_TRUE(r.without_reasoning_text);
  EXPECT_EQ(r.source, "otlp/vllm");
}

TEST_F(OtlpJoinTest, AServersSpanWithoutAModelIsRefusedByName) {
  const Call c = RandomCall(random_);
  Send<OtlpTraces>([&](OtlpTraces& r) { AddServer(r, c, c.span_id); });
  receiver_.Expire();
  EXPECT_EQ(count(), 0u);
  EXPECT_EQ(receiver_.errors("missing_model"), 1);
}

TEST_F(OtlpJoinTest, SpanAndEventOfOneCallCountOnce) {
  const Call c = RandomCall(random_);
  const auto event = [&c](OtlpLogs& r) {
    auto& log =
        AddLog(r, c, kScope, "gen_ai.client.inference.operation.details");
    PutGenAi(*log.mutable_attributes(), c);
    Put(*log.mutable_attributes(), "gen_ai.output.messages",
        PartsJson(c, false, false));
  };
  Send<OtlpLogs>(event);
  Send<OtlpTraces>([&](OtlpTraces& r) { AddClient(r, c); });
  Send<OtlpLogs>(event);
  receiver_.Expire();
  EXPECT_EQ(count(), 1u);
  EXPECT_EQ(receiver_.ignored("repeated"), 1);
}

// One emitter's records of streams have neither trace nor span.
TEST_F(OtlpJoinTest, AnEventWithoutItsSpansIdsIsJoinedByTheResponsesId) {
  const Call c = RandomCall(random_);
  Call bare = c;
  bare.trace_id.clear();
  bare.span_id.clear();
  bare.reasoning.reset();
  Send<OtlpLogs>([&](OtlpLogs& r) {
    auto& log =
        AddLog(r, bare, kScope, "gen_ai.client.inference.operation.details");
    PutGenAi(*log.mutable_attributes(), bare);
    Put(*log.mutable_attributes(), "gen_ai.output.messages",
        PartsJson(bare, false, false));
  });
  Send<OtlpTraces>([&](OtlpTraces& r) { AddClient(r, c); });
  receiver_.Expire();
  ASSERT_EQ(count(), 1u);
  EXPECT_EQ(receiver_.responses()[0].reasoning, c.reasoning);
}

TEST_F(OtlpJoinTest, AFrameworksSpanAroundTheCallCountsOnce) {
  for (bool in_one_request : {false, true}) {
    const size_t before = count();
    const Call inner = RandomCall(random_);
    Call outer = inner;
    outer.span_id = RandomBytes(random_, 8);
    outer.id.clear();
    OtlpTraces first;
    AddClient(first, inner).set_parent_span_id(outer.span_id);
    OtlpTraces second;
    AddClient(in_one_request ? first : second, outer);
    receiver_.Send(first);
    receiver_.Send(second);
    receiver_.Expire();
    EXPECT_EQ(count(), before + 1);
  }
}

// A vote over samples: the same answer, in one trace, more than once.
TEST_F(OtlpJoinTest, EqualAnswersOfOneTraceAreCallsOfTheirOwn) {
  Call c = RandomCall(random_);
  const std::string parent = RandomBytes(random_, 8);
  OtlpTraces request;
  for (int i = 0; i < 5; ++i) {
    c.span_id = RandomBytes(random_, 8);
    c.id += "x";
    AddClient(request, c).set_parent_span_id(parent);
  }
  receiver_.Send(request);
  receiver_.Expire();
  EXPECT_EQ(count(), 5u);
}

TEST_F(OtlpJoinTest, AServerWithOneIdForAllLosesNothing) {
  for (int i = 0; i < 5; ++i) {
    Call c = RandomCall(random_);
    c.id = "the-only-id";
    OtlpTraces request;
    AddClient(request, c);
    c = RandomCall(random_);
    c.id = "the-only-id";
    AddClient(request, c);
    receiver_.Send(request);
  }
  receiver_.Expire();
  EXPECT_EQ(count(), 10u);
}

TEST_F(OtlpJoinTest, WhatWaitsIsBounded) {
  OtlpReceiverFixture small(JoinLimits{.waiting = 10});
  OtlpTraces request;
  for (int i = 0; i < 50; ++i) {
    const Call c = RandomCall(random_);
    PutGenAi(*AddSpan(request, c, kScope).mutable_attributes(), c);
  }
  small.Send(request);
  EXPECT_EQ(small.responses().size(), 40u);
  EXPECT_EQ(small.errors("join_overflow"), 40);
  small.Expire();
  EXPECT_EQ(small.responses().size(), 50u);
}

TEST_F(OtlpJoinTest, ReasoningThatASourceNeverDeliveredIsNotMissed) {
  const auto send = [this](bool with_reasoning, std::string_view service,
                           std::string_view model = "m") {
    Call c = RandomCall(random_);
    c.model = std::string(model);
    if (!with_reasoning) c.reasoning.reset();
    Send<OtlpTraces>([&](OtlpTraces& r) { AddClient(r, c, service); });
    return receiver_.responses().back().without_reasoning_text;
  };
  EXPECT_TRUE(send(false, "one"));
  EXPECT_TRUE(send(false, "two"));
  EXPECT_FALSE(send(true, "one"));
  // From now on its silence counts; the other service's does not.
  EXPECT_FALSE(send(false, "one"));
  EXPECT_TRUE(send(false, "two"));
  EXPECT_TRUE(send(false, "one", "another model"));
}

TEST_F(OtlpJoinTest, ReasoningInTheTextShowsThatASourceDeliversIt) {
  Call c = RandomCall(random_);
  c.reasoning.reset();
  c.content = "<think>\nlong thoughts\n</think>\n\n42";
  Send<OtlpTraces>([&](OtlpTraces& r) { AddClient(r, c); });
  EXPECT_FALSE(receiver_.responses().back().without_reasoning_text);
}

TEST_F(OtlpJoinTest, ManySourcesAreBounded) {
  for (int i = 0; i < 3000; ++i) {
    const Call c = RandomCall(random_);
    Send<OtlpTraces>(
        [&](OtlpTraces& r) { AddClient(r, c, std::to_string(i)); });
  }
  EXPECT_EQ(count(), 3000u);
}

}  // namespace
}  // namespace reasonwatch
