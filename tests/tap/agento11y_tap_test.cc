// SPDX-License-Identifier: Apache-2.0
// agento11y's ingest on the gRPC tap's port, with a stub of its service.
#include "tap/agento11y/agento11y_tap.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>

#include "absl/strings/str_format.h"
#include "agento11y/v1/generation_ingest.grpc.pb.h"
#include "formats/formats.h"
#include "tap/grpc/grpc_tap.h"
#include "tap/grpc/guests.h"
#include "tests/fakes/fake_sink.h"
#include "tests/tap/otlp_emitters.h"

namespace reasonwatch {
namespace {

using agento11y::v1::ExportGenerationsRequest;
using agento11y::v1::ExportGenerationsResponse;
using agento11y::v1::Generation;
using agento11y::v1::GenerationIngestService;
using otlp_test::Call;
using otlp_test::RandomCall;

void AddGeneration(ExportGenerationsRequest& request, const Call& c) {
  Generation& g = *request.add_generations();
  g.set_id("generation-" + c.id);
  g.set_response_id(c.id);
  g.mutable_model()->set_name(c.model);
  g.mutable_model()->set_provider("openai");
  g.set_system_prompt(c.system);
  auto& input = *g.add_input();
  input.set_role(agento11y::v1::MESSAGE_ROLE_USER);
  input.add_parts()->set_text(c.question);
  auto& output = *g.add_output();
  output.set_role(agento11y::v1::MESSAGE_ROLE_ASSISTANT);
  if (c.reasoning.has_value()) output.add_parts()->set_thinking(*c.reasoning);
  output.add_parts()->set_text(c.content);
  g.mutable_usage()->set_input_tokens(c.input_tokens);
  g.mutable_usage()->set_output_tokens(c.output_tokens);
  g.mutable_usage()->set_reasoning_tokens(c.reasoning_tokens);
  g.set_stop_reason(c.finish_reason);
  g.set_mode(agento11y::v1::GENERATION_MODE_STREAM);
  g.mutable_started_at()->set_seconds(c.start / 1'000'000'000);
  g.mutable_completed_at()->set_seconds(c.start / 1'000'000'000 + 2);
}

class Agento11yTapTest : public testing::Test {
 protected:
  void SetUp() override {
    TapContext context{sink_, {}};
    context.guests = std::make_shared<GrpcGuests>();
    GrpcTapOptions options;
    options.listen = "127.0.0.1:0";
    options.max_message_bytes = 1 << 20;
    ingest_ = std::make_unique<Agento11yTap>(
        Agento11yOptions{}, "", options.max_message_bytes, context);
    grpc_ = std::make_unique<GrpcTap>(options, context);
    ASSERT_TRUE(ingest_->Start().ok());
    ASSERT_TRUE(grpc_->Start().ok());
  }
  void TearDown() override { grpc_.reset(); }

  grpc::Status Export(const ExportGenerationsRequest& request,
                      ExportGenerationsResponse* response) {
    auto channel =
        grpc::CreateChannel(absl::StrFormat("127.0.0.1:%d", grpc_->BoundPort()),
                            grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    return GenerationIngestService::NewStub(channel)->ExportGenerations(
        &context, request, response);
  }

  std::mt19937 random_{6};
  FakeSink sink_;
  std::unique_ptr<Agento11yTap> ingest_;
  std::unique_ptr<GrpcTap> grpc_;
};

TEST_F(Agento11yTapTest, AGenerationIsAResponse) {
  for (int i = 0; i < 20; ++i) {
    const Call c = RandomCall(random_);
    ExportGenerationsRequest request;
    AddGeneration(request, c);
    ExportGenerationsResponse response;
    ASSERT_TRUE(Export(request, &response).ok());
    ASSERT_EQ(response.results_size(), 1);
    EXPECT_TRUE(response.results(0).accepted());
    EXPECT_EQ(response.results(0).generation_id(), "generation-" + c.id);
    const Response r = sink_.responses().back();
    EXPECT_EQ(r.id, c.id);
    EXPECT_EQ(r.model, c.model);
    EXPECT_EQ(r.content, c.content);
    EXPECT_EQ(r.reasoning, c.reasoning);
    EXPECT_EQ(r.finish_reason, c.finish_reason);
    EXPECT_EQ(r.usage.output_tokens, c.output_tokens);
    EXPECT_EQ(r.usage.reasoning_tokens, c.reasoning_tokens);
    EXPECT_EQ(r.end_time - r.time, absl::Seconds(2));
    EXPECT_EQ(r.source, "agento11y");
    EXPECT_TRUE(r.streamed);
    EXPECT_FALSE(r.without_reasoning_text);
    EXPECT_NE(r.messages_json.find(JsonString(c.question)), std::string::npos);
  }
}

TEST_F(Agento11yTapTest, EachGenerationIsAnsweredByItself) {
  ExportGenerationsRequest request;
  Call c = RandomCall(random_);
  AddGeneration(request, c);
  c.model.clear();
  AddGeneration(request, c);
  c = RandomCall(random_);
  c.content = "\xff broken";
  AddGeneration(request, c);
  ExportGenerationsResponse response;
  ASSERT_TRUE(Export(request, &response).ok());
  ASSERT_EQ(response.results_size(), 3);
  EXPECT_TRUE(response.results(0).accepted());
  EXPECT_FALSE(response.results(1).accepted());
  EXPECT_EQ(response.results(1).error(), "missing_model");
  EXPECT_TRUE(response.results(2).accepted());
  EXPECT_EQ(sink_.responses().back().content, "\xEF\xBF\xBD broken");
  EXPECT_EQ(ingest_->Counters().errors["missing_model"], 1);
}

// The SDK keeps the parts and empties them: that is no empty answer.
TEST_F(Agento11yTapTest, ContentThatIsLeftOutIsNoEmptyAnswer) {
  Call c = RandomCall(random_);
  c.content.clear();
  c.reasoning = "";
  ExportGenerationsRequest request;
  AddGeneration(request, c);
  auto& field =
      *request.mutable_generations(0)->mutable_metadata()->add_fields();
  field.set_key("agento11y.sdk.content_capture_mode");
  field.mutable_value()->set_string_value("metadata_only");
  ExportGenerationsResponse response;
  ASSERT_TRUE(Export(request, &response).ok());
  ASSERT_EQ(sink_.responses().size(), 1u);
  const Response r = sink_.responses()[0];
  EXPECT_FALSE(r.content.has_value());
  EXPECT_FALSE(ParseResponse(r, "auto").has_text);
  EXPECT_EQ(r.usage.output_tokens, c.output_tokens);
  EXPECT_TRUE(r.without_reasoning_text);
}

TEST_F(Agento11yTapTest, AFullQueueIsAnswered) {
  sink_.SetRoom(0);
  ExportGenerationsRequest request;
  AddGeneration(request, RandomCall(random_));
  ExportGenerationsResponse response;
  ASSERT_TRUE(Export(request, &response).ok());
  EXPECT_EQ(response.results(0).error(), "queue_full");
}

}  // namespace
}  // namespace reasonwatch
