// SPDX-License-Identifier: Apache-2.0
// Requests that are wrong in part or as a whole, several choices, calls of
// tools, and the answer.
#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <vector>

#include "formats/formats.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.pb.h"
#include "tap/otlp/inflate.h"
#include "tests/tap/otlp_emitters.h"
#include "tests/tap/otlp_json.h"
#include "tests/tap/otlp_receiver_fixture.h"

namespace reasonwatch {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;
using otlp_test::AddSpan;
using otlp_test::Call;
using otlp_test::PartsJson;
using otlp_test::Put;
using otlp_test::PutGenAi;
using otlp_test::RandomCall;
using otlp_test::Slot;
using otlp_test::Span;

std::string Gzip(const std::string& text) {
  z_stream z = {};
  EXPECT_EQ(
      deflateInit2(&z, 9, Z_DEFLATED, MAX_WBITS + 16, 8, Z_DEFAULT_STRATEGY),
      Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  std::string input = text;
  z.next_in = reinterpret_cast<Bytef*>(input.data());
  z.avail_in = static_cast<uInt>(input.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

Span& AddCall(OtlpTraces& request, const Call& c) {
  Span& span = AddSpan(request, c, "some.instrumentation");
  PutGenAi(*span.mutable_attributes(), c);
  Put(*span.mutable_attributes(), "gen_ai.output.messages",
      PartsJson(c, false, false));
  return span;
}

ExportTraceServiceResponse Answer(const OtlpAnswer& answer) {
  ExportTraceServiceResponse response;
  EXPECT_EQ(answer.error, "");
  EXPECT_TRUE(response.ParseFromString(answer.body));
  return response;
}

class OtlpRequestsTest : public testing::Test {
 protected:
  std::mt19937 random_{4};
  OtlpReceiverFixture receiver_;
};

TEST_F(OtlpRequestsTest, AnAnswerSaysNothingIfAllWasAccepted) {
  OtlpTraces request;
  AddCall(request, RandomCall(random_));
  EXPECT_FALSE(Answer(receiver_.Send(request)).has_partial_success());
  EXPECT_EQ(
      receiver_.SendJson(OtlpSignal::kTraces, otlp_test::JsonOf(request)).body,
      "{}");
}

TEST_F(OtlpRequestsTest, AWrongSpanLosesNothingElse) {
  OtlpTraces request;
  std::vector<Call> calls;
  for (int i = 0; i < 6; ++i) calls.push_back(RandomCall(random_));
  AddCall(request, calls[0]);
  AddCall(request, calls[1]).set_trace_id("short");
  AddCall(request, calls[2]).set_end_time_unix_nano(1);
  AddCall(request, calls[3]).set_name("bytes that are not UTF-8: \xff\xfe");
  calls[4].model.clear();
  AddCall(request, calls[4]);
  calls[5].content = "\xff broken";
  AddCall(request, calls[5]);
  const auto answer = Answer(receiver_.Send(request));
  EXPECT_EQ(answer.partial_success().rejected_spans(), 1);
  EXPECT_EQ(answer.partial_success().error_message(), "missing_model: 1");
  EXPECT_EQ(receiver_.responses().size(), 5u);
  EXPECT_EQ(receiver_.errors("bad_id"), 1);
  EXPECT_EQ(receiver_.errors("bad_time"), 1);
  EXPECT_EQ(receiver_.errors("missing_model"), 1);
  EXPECT_EQ(receiver_.responses()[4].content, "\xEF\xBF\xBD broken");
}

TEST_F(OtlpRequestsTest, AFullQueueIsAnsweredAsPartialSuccess) {
  receiver_.sink().SetRoom(2);
  OtlpTraces request;
  for (int i = 0; i < 5; ++i) AddCall(request, RandomCall(random_));
  const auto answer = Answer(receiver_.Send(request));
  EXPECT_EQ(answer.partial_success().rejected_spans(), 3);
  EXPECT_EQ(answer.partial_success().error_message(), "queue_full: 3");
}

TEST_F(OtlpRequestsTest, OtherSpansAreNoResponses) {
  OtlpTraces request;
  for (std::string_view operation :
       {"embeddings", "execute_tool", "invoke_agent", ""}) {
    const Call c = RandomCall(random_);
    Span& span = AddSpan(request, c, "any");
    if (!operation.empty())
      Put(*span.mutable_attributes(), "gen_ai.operation.name", operation);
    Put(*span.mutable_attributes(), "http.method", "POST");
  }
  EXPECT_FALSE(Answer(receiver_.Send(request)).has_partial_success());
  receiver_.Expire();
  EXPECT_TRUE(receiver_.responses().empty());
}

TEST_F(OtlpRequestsTest, AFailedCallWithoutTextIsNoResponse) {
  OtlpTraces request;
  Call c = RandomCall(random_);
  Span& span = AddSpan(request, c, "any");
  PutGenAi(*span.mutable_attributes(), c);
  span.mutable_status()->set_code(2);
  receiver_.Send(request);
  receiver_.Expire();
  EXPECT_TRUE(receiver_.responses().empty());
  EXPECT_EQ(receiver_.errors("failed_call"), 1);
}

TEST_F(OtlpRequestsTest, AFailedCallWithTextWasCut) {
  OtlpTraces request;
  Span& span = AddCall(request, RandomCall(random_));
  span.mutable_status()->set_code(2);
  receiver_.Send(request);
  ASSERT_EQ(receiver_.responses().size(), 1u);
  EXPECT_EQ(receiver_.responses()[0].transport_end,
            TransportEnd::kUpstreamReset);
}

TEST_F(OtlpRequestsTest, EachChoiceIsAResponse) {
  const Call first = RandomCall(random_);
  Call second = first;
  second.content = "another answer";
  OtlpTraces request;
  Span& span = AddSpan(request, first, "any");
  PutGenAi(*span.mutable_attributes(), first);
  std::string json = PartsJson(first, false, false);
  json.back() = ',';
  Put(*span.mutable_attributes(), "gen_ai.output.messages",
      json + PartsJson(second, false, false).substr(1));
  receiver_.Send(request);
  const std::vector<Response> got = receiver_.responses();
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].content, first.content);
  EXPECT_EQ(got[1].content, second.content);
  EXPECT_EQ(got[1].reasoning, second.reasoning);
  EXPECT_EQ(got[1].sampling.choice_index, 1);
  EXPECT_EQ(got[1].sampling.n, 2);
  EXPECT_FALSE(got[1].usage.output_tokens.has_value());
}

TEST_F(OtlpRequestsTest, CallsOfToolsComeThroughWithTheirArguments) {
  const Call c = RandomCall(random_);
  OtlpTraces request;
  Span& span = AddSpan(request, c, "any");
  PutGenAi(*span.mutable_attributes(), c);
  Put(*span.mutable_attributes(), "gen_ai.output.messages",
      R"([{"role":"assistant","parts":[{"type":"reasoning","content":"r"},)"
      R"({"type":"tool_call","id":"t","name":"look_up","arguments":{"q":1}}],)"
      R"("finish_reason":"tool_call"}])");
  Put(*span.mutable_attributes(), "gen_ai.tool.definitions",
      R"([{"type":"function","name":"look_up","parameters":{}}])");
  receiver_.Send(request);
  ASSERT_EQ(receiver_.responses().size(), 1u);
  const Response r = receiver_.responses()[0];
  EXPECT_NE(r.body.find(R"("name":"look_up","arguments":"{\"q\":1}")"),
            std::string::npos)
      << r.body;
  EXPECT_NE(r.tools_json.find(R"("function":{)"), std::string::npos);
  const Trace trace = ParseResponse(r, "plain");
  EXPECT_EQ(trace.tool_calls, 1);
  EXPECT_EQ(trace.reasoning, "r");
  EXPECT_EQ(trace.finish_reason, "tool_calls");
}

TEST_F(OtlpRequestsTest, OurOwnQuestionsAreNotLive) {
  OtlpTraces request;
  for (const char* id : {"rw-1", "chatcmpl-rw-2"}) {
    Call c = RandomCall(random_);
    c.id = id;
    AddCall(request, c);
  }
  receiver_.Send(request);
  ASSERT_EQ(receiver_.responses().size(), 2u);
  for (const Response& r : receiver_.responses())
    EXPECT_EQ(r.origin, Origin::kRescore);
}

TEST_F(OtlpRequestsTest, LongLabelsAreCutAndALongModelIsRefused) {
  OtlpTraces request;
  Call c = RandomCall(random_);
  c.id = std::string(100'000, 'i');
  c.finish_reason = std::string(100'000, 'f');
  AddCall(request, c);
  c = RandomCall(random_);
  c.model = std::string(100'000, 'm');
  AddCall(request, c);
  const auto answer = Answer(receiver_.Send(request));
  EXPECT_EQ(answer.partial_success().error_message(), "label_too_long: 1");
  ASSERT_EQ(receiver_.responses().size(), 1u);
  EXPECT_EQ(receiver_.responses()[0].id.size(), 1024u);
  EXPECT_EQ(receiver_.responses()[0].finish_reason.size(), 1024u);
}

TEST_F(OtlpRequestsTest, BytesThatAreNoRequestAreCounted) {
  EXPECT_EQ(receiver_.SendBytes(OtlpSignal::kTraces, "\x0a\xff").error,
            "malformed");
  EXPECT_EQ(receiver_.SendJson(OtlpSignal::kLogs, "[1]").error, "malformed");
  EXPECT_EQ(receiver_.errors("malformed"), 2);
}

TEST_F(OtlpRequestsTest, GzipIsUndoneWithinBounds) {
  OtlpTraces request;
  const Call c = RandomCall(random_);
  AddCall(request, c);
  const std::string packed = Gzip(request.SerializeAsString());
  EXPECT_EQ(receiver_.SendBytes(OtlpSignal::kTraces, packed).error, "");
  ASSERT_EQ(receiver_.responses().size(), 1u);
  EXPECT_EQ(receiver_.responses()[0].content, c.content);

  EXPECT_EQ(
      receiver_
          .SendBytes(OtlpSignal::kTraces, packed.substr(0, packed.size() / 2))
          .error,
      "malformed_gzip");
  // 64 MiB of one letter in 64 KiB.
  const std::string bomb = Gzip(std::string(size_t{64} << 20, 'a'));
  EXPECT_EQ(receiver_.SendBytes(OtlpSignal::kTraces, bomb).error,
            "message_too_large");
  std::string out;
  EXPECT_EQ(Inflate(bomb, int64_t{1} << 40, out), "message_too_large");
  EXPECT_LT(out.size(), size_t{16} << 20);
}

TEST_F(OtlpRequestsTest, DeepNestingIsCut) {
  OtlpTraces request;
  const Call c = RandomCall(random_);
  Span& span = AddSpan(request, c, "any");
  PutGenAi(*span.mutable_attributes(), c);
  OtlpValue* value =
      &Slot(*span.mutable_attributes(), "gen_ai.output.messages");
  for (int i = 0; i < 40; ++i)
    value = value->mutable_array_value()->add_values();
  EXPECT_EQ(receiver_.Send(request).error, "");
  std::string json = "{\"resourceSpans\":";
  for (int i = 0; i < 5000; ++i) json += "[";
  EXPECT_EQ(receiver_.SendJson(OtlpSignal::kTraces, json).error, "malformed");
}

}  // namespace
}  // namespace reasonwatch
