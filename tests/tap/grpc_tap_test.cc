// SPDX-License-Identifier: Apache-2.0
// Reports and streams of well-behaved clients: each record arrives once and in
// order, is answered and counted; health and reflection are served.
#include "tap/grpc/grpc_tap.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "reasonwatch/v1/tap.grpc.pb.h"
#include "tests/fakes/fake_sink.h"
#include "tests/tap/grpc_tap_fixture.h"

namespace reasonwatch {
namespace {

using grpc::StatusCode;

TEST_F(GrpcTapTest, ReportsOverTcp) {
  Start();
  v1::Ack ack;
  ASSERT_TRUE(Report(*Stub(), Message("a", "the answer"), &ack).ok());
  EXPECT_TRUE(ack.accepted());
  EXPECT_EQ(ack.dropped_reason(), "");
  ASSERT_EQ(sink_.responses().size(), 1u);
  EXPECT_EQ(sink_.responses()[0].content, "the answer");
  EXPECT_GE(sink_.bytes(), 10);
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, ReportsOverAUnixSocketThatOthersCannotOpen) {
  options_.listen = "";
  options_.unix_socket = folder_ + "/tap.sock";
  Start();
  EXPECT_EQ(tap_->BoundPort(), 0);
  struct stat s = {};
  ASSERT_EQ(stat(options_.unix_socket.c_str(), &s), 0);
  EXPECT_EQ(s.st_mode & 0777u, 0660u);
  const auto stub = v1::Tap::NewStub(Connect("unix:" + options_.unix_socket));
  v1::Ack ack;
  ASSERT_TRUE(Report(*stub, Message("a"), &ack).ok());
  EXPECT_TRUE(ack.accepted());

  FakeSink other;
  const absl::Status second = GrpcTap(options_, {other, {}}).Start();
  EXPECT_TRUE(absl::IsUnavailable(second)) << second;
}

TEST_F(GrpcTapTest, TakesOverTheSocketOfAProcessThatDied) {
  options_.listen = "";
  options_.unix_socket = folder_ + "/tap.sock";
  Start();
  std::filesystem::rename(options_.unix_socket, folder_ + "/kept");
  tap_.reset();
  std::filesystem::rename(folder_ + "/kept", options_.unix_socket);
  Start();
  const auto stub = v1::Tap::NewStub(Connect("unix:" + options_.unix_socket));
  v1::Ack ack;
  EXPECT_TRUE(Report(*stub, Message("a"), &ack).ok());
}

TEST_F(GrpcTapTest, AFullQueueIsNoErrorForTheCaller) {
  Start();
  sink_.SetRoom(1);
  const auto stub = Stub();
  v1::Ack ack;
  ASSERT_TRUE(Report(*stub, Message("a"), &ack).ok());
  EXPECT_TRUE(ack.accepted());
  ASSERT_TRUE(Report(*stub, Message("b"), &ack).ok());
  EXPECT_FALSE(ack.accepted());
  EXPECT_EQ(ack.dropped_reason(), "queue_full");
  EXPECT_EQ(tap_->Counters().dropped["queue_full"], 1);
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, MakesIdsOfItsOwn) {
  Start();
  const auto stub = Stub();
  for (int i = 0; i < 3; ++i) {
    v1::Ack ack;
    ASSERT_TRUE(Report(*stub, Message(""), &ack).ok());
  }
  std::set<std::string> ids;
  for (const Response& r : sink_.responses()) {
    ids.insert(r.id);
    EXPECT_FALSE(r.id.starts_with("rw-"));
    EXPECT_EQ(r.origin, Origin::kLive);
  }
  EXPECT_EQ(ids.size(), 3u);
  EXPECT_FALSE(ids.contains(""));
}

TEST_F(GrpcTapTest, TheOriginHeaderMarksACall) {
  Start();
  const auto stub = Stub();
  grpc::ClientContext context;
  context.AddMetadata("x-reasonwatch-origin", "canary");
  v1::Ack ack;
  ASSERT_TRUE(stub->Report(&context, Message("a"), &ack).ok());
  grpc::ClientContext stream_context;
  stream_context.AddMetadata("x-reasonwatch-origin", "selftest");
  v1::Summary summary;
  auto writer = stub->Stream(&stream_context, &summary);
  writer->Write(Message("b"));
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  ASSERT_EQ(sink_.responses().size(), 2u);
  EXPECT_EQ(sink_.responses()[0].origin, Origin::kCanary);
  EXPECT_EQ(sink_.responses()[1].origin, Origin::kSelftest);
}

// Plain, and with gRPC's write buffer held back.
class GrpcTapStreamTest : public GrpcTapTest,
                          public testing::WithParamInterface<bool> {};
INSTANTIATE_TEST_SUITE_P(Corked, GrpcTapStreamTest, testing::Bool());

TEST_P(GrpcTapStreamTest, TakesTenThousandInOrder) {
  constexpr int kMessages = 10000;
  Start();
  sink_.SetRoom(kMessages - 10);
  grpc::ClientContext context;
  context.set_deadline(In(60));
  v1::Summary summary;
  const auto stub = Stub();
  auto writer = stub->Stream(&context, &summary);
  grpc::WriteOptions write_options;
  if (GetParam()) write_options.set_buffer_hint();
  for (int i = 0; i < kMessages; ++i)
    ASSERT_TRUE(writer->Write(Message(std::to_string(i), std::string(500, 'x')),
                              write_options));
  writer->WritesDone();
  const grpc::Status status = writer->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(summary.accepted(), kMessages - 10);
  EXPECT_EQ(summary.dropped(), 10);
  EXPECT_EQ(summary.dropped_by_reason().at("queue_full"), 10);
  const std::vector<Response> responses = sink_.responses();
  ASSERT_EQ(responses.size(), static_cast<size_t>(kMessages - 10));
  for (size_t i = 0; i < responses.size(); ++i)
    ASSERT_EQ(responses[i].id, std::to_string(i));
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, AnEmptyStreamHasAnEmptySummary) {
  Start();
  grpc::ClientContext context;
  v1::Summary summary;
  const auto stub = Stub();
  auto writer = stub->Stream(&context, &summary);
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(summary.accepted() + summary.dropped(), 0);
}

TEST_F(GrpcTapTest, TwoHundredStreamsAtOnce) {
  constexpr int kStreams = 200;
  constexpr int kMessages = 20;
  Start();
  const auto stub = Stub();
  struct Call {
    grpc::ClientContext context;
    v1::Summary summary;
    std::unique_ptr<grpc::ClientWriter<v1::Response>> writer;
  };
  std::vector<std::unique_ptr<Call>> calls;
  for (int s = 0; s < kStreams; ++s) {
    calls.push_back(std::make_unique<Call>());
    calls.back()->context.set_deadline(In(60));
    calls.back()->writer =
        stub->Stream(&calls.back()->context, &calls.back()->summary);
  }
  for (int m = 0; m < kMessages; ++m)
    for (auto& call : calls) ASSERT_TRUE(call->writer->Write(Message("x")));
  for (auto& call : calls) {
    call->writer->WritesDone();
    ASSERT_TRUE(call->writer->Finish().ok());
    EXPECT_EQ(call->summary.accepted(), kMessages);
  }
  EXPECT_EQ(tap_->Counters().accepted, kStreams * kMessages);
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, ManyClientsReportAtOnce) {
  Start();
  std::vector<std::thread> clients;
  std::atomic<int> failed = 0;
  for (int c = 0; c < 8; ++c)
    clients.emplace_back([this, &failed] {
      const auto stub = Stub();
      for (int i = 0; i < 100; ++i) {
        v1::Ack ack;
        grpc::ClientContext context;
        context.set_deadline(In(20));
        // A first connection may be late on a busy machine.
        context.set_wait_for_ready(true);
        if (!stub->Report(&context, Message("x"), &ack).ok()) ++failed;
        tap_->Counters();
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(tap_->Counters().accepted, 800);
}

TEST_F(GrpcTapTest, AMessageWithoutAModelIsRefused) {
  Start();
  v1::Response message = Message("a");
  message.clear_model();
  EXPECT_EQ(Report(message).error_code(), StatusCode::INVALID_ARGUMENT);
  const TapCounters s = tap_->Counters();
  EXPECT_EQ(s.dropped.at("invalid"), 1);
  EXPECT_EQ(s.errors.at("missing_model"), 1);
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, AnUnusableMessageDoesNotEndAStream) {
  Start();
  grpc::ClientContext context;
  v1::Summary summary;
  const auto stub = Stub();
  auto writer = stub->Stream(&context, &summary);
  v1::Response without_model = Message("b");
  without_model.clear_model();
  ASSERT_TRUE(writer->Write(Message("a")));
  ASSERT_TRUE(writer->Write(without_model));
  ASSERT_TRUE(writer->Write(Message("c")));
  writer->WritesDone();
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(summary.accepted(), 2);
  EXPECT_EQ(summary.dropped_by_reason().at("invalid"), 1);
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, RepairsAndCountsInvalidUtf8) {
  Start();
  EXPECT_TRUE(Report(Message("a", "x\xff\xfe y")).ok());
  EXPECT_EQ(sink_.responses().at(0).content, "x\xEF\xBF\xBD\xEF\xBF\xBD y");
  EXPECT_EQ(tap_->Counters().errors["invalid_utf8"], 1);
}

TEST_F(GrpcTapTest, AnswersHealthChecks) {
  Start();
  const std::string method = "/grpc.health.v1.Health/Check";
  // HealthCheckRequest{service = 1}; HealthCheckResponse{status = 1}.
  const std::string service = "\x0a\x12reasonwatch.v1.Tap";
  const auto status_of = [&](const std::string& request) {
    std::string reply;
    EXPECT_TRUE(RawCall(Connect(address()), method, request, &reply).ok());
    return reply;
  };
  EXPECT_EQ(status_of(""), "\x08\x01");
  EXPECT_EQ(status_of(service), "\x08\x01");
}

TEST_F(GrpcTapTest, ListsItsServices) {
  Start();
  std::string reply;
  // ServerReflectionRequest{list_services = "*"}.
  EXPECT_TRUE(
      RawCall(Connect(address()),
              "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
              "\x3a\x01*", &reply)
          .ok());
  EXPECT_NE(reply.find("reasonwatch.v1.Tap"), std::string::npos);
  EXPECT_NE(reply.find("grpc.health.v1.Health"), std::string::npos);
}

}  // namespace
}  // namespace reasonwatch
