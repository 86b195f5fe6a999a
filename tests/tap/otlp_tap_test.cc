// SPDX-License-Identifier: Apache-2.0
// Both servers of the OTLP tap, with real clients: a stub of gRPC, and
// cpp-httplib.
//
// In order: the fixture, gRPC, HTTP, the token, the stop.
#include "tap/otlp/otlp_tap.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <stdlib.h>
#include <zlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "opentelemetry/proto/collector/logs/v1/logs_service.grpc.pb.h"
#include "opentelemetry/proto/collector/trace/v1/trace_service.grpc.pb.h"
#include "tests/fakes/fake_sink.h"
#include "tests/tap/otlp_emitters.h"
#include "tests/tap/otlp_json.h"

namespace reasonwatch {
namespace {

using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;
using opentelemetry::proto::collector::trace::v1::TraceService;
using otlp_test::AddSpan;
using otlp_test::Call;
using otlp_test::PartsJson;
using otlp_test::Put;
using otlp_test::PutGenAi;
using otlp_test::RandomCall;

constexpr char kProtobuf[] = "application/x-protobuf";

class OtlpTapTest : public testing::Test {
 protected:
  void SetUp() override {
    options_.grpc_listen = "127.0.0.1:0";
    options_.http_listen = "127.0.0.1:0";
    options_.max_message_bytes = 1 << 20;
  }
  void Start() {
    tap_ = std::make_unique<OtlpTap>(options_, TapContext{sink_, {}});
    const absl::Status started = tap_->Start();
    ASSERT_TRUE(started.ok()) << started;
  }
  void SetToken() {
    std::string name = testing::TempDir() + "/tokenXXXXXX";
    const int file = mkstemp(name.data());
    ASSERT_GE(file, 0);
    close(file);
    std::ofstream(name) << "secret\n";
    options_.token_file = name;
  }

  OtlpTraces Request() {
    OtlpTraces request;
    const Call c = RandomCall(random_);
    auto& to = *AddSpan(request, c, "any").mutable_attributes();
    PutGenAi(to, c);
    Put(to, "gen_ai.output.messages", PartsJson(c, false, false));
    return request;
  }

  grpc::Status Export(const OtlpTraces& request, bool gzip,
                      const std::string& authorization = "",
                      ExportTraceServiceResponse* response = nullptr) {
    auto channel =
        grpc::CreateChannel(absl::StrFormat("127.0.0.1:%d", tap_->GrpcPort()),
                            grpc::InsecureChannelCredentials());
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(20));
    if (gzip) context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    if (!authorization.empty())
      context.AddMetadata("authorization", authorization);
    ExportTraceServiceResponse own;
    return TraceService::NewStub(channel)->Export(
        &context, request, response == nullptr ? &own : response);
  }
  httplib::Result Post(const std::string& path, const std::string& body,
                       const std::string& type,
                       const httplib::Headers& headers = {}) {
    httplib::Client client("127.0.0.1", tap_->HttpPort());
    client.set_read_timeout(20);
    return client.Post(path, headers, body, type);
  }
  size_t count() const { return sink_.responses().size(); }
  int64_t errors(const std::string& reason) const {
    return tap_->Counters().errors[reason];
  }

  std::mt19937 random_{5};
  OtlpTapOptions options_;
  FakeSink sink_;
  std::unique_ptr<OtlpTap> tap_;
};

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

TEST_F(OtlpTapTest, GrpcTakesSpansPlainAndCompressed) {
  Start();
  for (bool gzip : {false, true}) {
    const grpc::Status status = Export(Request(), gzip);
    EXPECT_TRUE(status.ok()) << gzip << status.error_message();
  }
  EXPECT_EQ(count(), 2u);
}

// A few compressed bytes hold far more than the limit.
TEST_F(OtlpTapTest, GrpcRefusesWhatGrowsBeyondTheLimit) {
  Start();
  OtlpTraces request = Request();
  Put(*request.mutable_resource_spans(0)
           ->mutable_resource()
           ->mutable_attributes(),
      "filler", std::string(size_t{8} << 20, 'a'));
  const grpc::Status status = Export(request, /*gzip=*/true);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(errors("message_too_large"), 1);
  EXPECT_EQ(count(), 0u);
}

TEST_F(OtlpTapTest, PartialSuccessIsAnswered) {
  Start();
  sink_.SetRoom(0);
  ExportTraceServiceResponse response;
  EXPECT_TRUE(Export(Request(), false, "", &response).ok());
  EXPECT_EQ(response.partial_success().rejected_spans(), 1);
  EXPECT_EQ(response.partial_success().error_message(), "queue_full: 1");
}

TEST_F(OtlpTapTest, HttpTakesBothEncodingsPlainAndCompressed) {
  Start();
  const std::string bytes = Request().SerializeAsString();
  const std::string json = otlp_test::JsonOf(Request());
  const httplib::Headers gzip = {{"Content-Encoding", "gzip"}};
  for (const auto& result : {Post("/v1/traces", bytes, kProtobuf),
                             Post("/v1/traces", json, "application/json")}) {
    ASSERT_TRUE(result);
    EXPECT_EQ(result->status, 200) << result->body;
  }
  EXPECT_EQ(count(), 2u);
  const auto packed =
      Post("/v1/traces", Gzip(Request().SerializeAsString()), kProtobuf, gzip);
  ASSERT_TRUE(packed);
  EXPECT_EQ(packed->status, 200) << packed->body;
  const auto packed_json =
      Post("/v1/traces", Gzip(otlp_test::JsonOf(Request())), "application/json",
           gzip);
  ASSERT_TRUE(packed_json);
  EXPECT_EQ(packed_json->status, 200) << packed_json->body;
  EXPECT_EQ(packed_json->body, "{}");
  EXPECT_EQ(count(), 4u);
}

TEST_F(OtlpTapTest, HttpRefusesByName) {
  Start();
  const httplib::Headers gzip = {{"Content-Encoding", "gzip"}};
  const std::string large(size_t{2} << 20, 'a');
  const auto status = [](const httplib::Result& result) {
    return result ? result->status : 0;
  };
  EXPECT_EQ(status(Post("/v1/traces", "\xff\xff", kProtobuf)), 400);
  EXPECT_EQ(status(Post("/v1/traces", "{}", "text/plain")), 415);
  EXPECT_EQ(status(Post("/v1/metrics", "", kProtobuf)), 404);
  EXPECT_EQ(status(Post("/v1/traces", Gzip(large), kProtobuf, gzip)), 413);
  EXPECT_EQ(errors("malformed"), 1);
  EXPECT_EQ(errors("unsupported_content_type"), 1);
  EXPECT_EQ(errors("metrics_not_read"), 1);
  EXPECT_EQ(errors("message_too_large"), 1);
  // The server goes on.
  EXPECT_EQ(
      status(Post("/v1/traces", Request().SerializeAsString(), kProtobuf)),
      200);
}

TEST_F(OtlpTapTest, BothAskForTheToken) {
  SetToken();
  Start();
  EXPECT_EQ(Export(Request(), false).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(Export(Request(), false, "Bearer secret").ok());
  const std::string bytes = Request().SerializeAsString();
  const auto refused = Post("/v1/traces", bytes, kProtobuf);
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->status, 401);
  const auto taken = Post("/v1/traces", bytes, kProtobuf,
                          {{"Authorization", "Bearer secret"}});
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->status, 200);
  EXPECT_EQ(errors("unauthenticated"), 2);
  EXPECT_EQ(count(), 2u);
  std::filesystem::remove(options_.token_file);
}

TEST_F(OtlpTapTest, AStopHandsOverWhatWaits) {
  Start();
  OtlpTraces request;
  const Call c = RandomCall(random_);
  PutGenAi(*AddSpan(request, c, "any").mutable_attributes(), c);
  EXPECT_TRUE(Export(request, false).ok());
  EXPECT_EQ(count(), 0u);
  tap_->Stop(absl::Seconds(1));
  EXPECT_EQ(count(), 1u);
}

TEST_F(OtlpTapTest, ASecondTapOnThePortsFails) {
  Start();
  OtlpTapOptions same = options_;
  same.grpc_listen = absl::StrFormat("127.0.0.1:%d", tap_->GrpcPort());
  EXPECT_EQ(OtlpTap(same, TapContext{sink_, {}}).Start().code(),
            absl::StatusCode::kUnavailable);
  same = options_;
  same.http_listen = absl::StrFormat("127.0.0.1:%d", tap_->HttpPort());
  EXPECT_EQ(OtlpTap(same, TapContext{sink_, {}}).Start().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(OtlpTapTest, ManyClientsAtOnce) {
  Start();
  std::vector<std::thread> clients;
  std::vector<std::string> bodies;
  for (int i = 0; i < 40; ++i) bodies.push_back(Request().SerializeAsString());
  for (const std::string& body : bodies)
    clients.emplace_back([this, &body] {
      const auto result = Post("/v1/traces", body, kProtobuf);
      EXPECT_TRUE(result && result->status == 200);
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(count(), 40u);
}

}  // namespace
}  // namespace reasonwatch
