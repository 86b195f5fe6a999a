// SPDX-License-Identifier: Apache-2.0
// Clients that are wrong, hostile or not allowed, and options that can't be
// served: each is refused with its status, counted, and harms no other client.
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <thread>

#include "absl/strings/str_format.h"
#include "reasonwatch/v1/tap.grpc.pb.h"
#include "tap/grpc/grpc_tap.h"
#include "tests/tap/grpc_tap_fixture.h"

namespace reasonwatch {
namespace {

using grpc::StatusCode;

TEST_F(GrpcTapTest, TooManyOpenStreamsAreRefused) {
  options_.max_open_streams = 2;
  Start();
  const auto stub = Stub();
  grpc::ClientContext contexts[3];
  v1::Summary summaries[3];
  std::unique_ptr<grpc::ClientWriter<v1::Response>> writers[3];
  for (int i = 0; i < 2; ++i) {
    writers[i] = stub->Stream(&contexts[i], &summaries[i]);
    ASSERT_TRUE(writers[i]->Write(Message("x")));
  }
  while (tap_->Counters().records < 2)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  writers[2] = stub->Stream(&contexts[2], &summaries[2]);
  EXPECT_EQ(writers[2]->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  for (int i = 0; i < 2; ++i) {
    writers[i]->WritesDone();
    EXPECT_TRUE(writers[i]->Finish().ok());
  }
  EXPECT_EQ(tap_->Counters().errors["too_many_streams"], 1);
}

TEST_F(GrpcTapTest, OversizeMessagesAreRefused) {
  options_.max_message_bytes = 100000;
  Start();
  EXPECT_TRUE(Report(Message("a", std::string(99000, 'x'))).ok());
  // Refused by us, and above twice the limit by gRPC.
  for (const size_t bytes : {size_t{150000}, size_t{5000000}}) {
    EXPECT_EQ(Report(Message("a", std::string(bytes, 'x'))).error_code(),
              StatusCode::RESOURCE_EXHAUSTED)
        << bytes;
    grpc::ClientContext context;
    v1::Summary summary;
    const auto stub = Stub();
    auto writer = stub->Stream(&context, &summary);
    writer->Write(Message("a"));
    writer->Write(Message("b", std::string(bytes, 'x')));
    writer->WritesDone();
    EXPECT_EQ(writer->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED)
        << bytes;
  }
  EXPECT_EQ(tap_->Counters().errors["message_too_large"], 2);
  EXPECT_TRUE(Report(Message("c")).ok());
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, CompressedMessagesAreRefused) {
  Start();
  grpc::ClientContext context;
  context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
  v1::Ack ack;
  EXPECT_EQ(Stub()
                ->Report(&context, Message("a", std::string(100000, 'x')), &ack)
                .error_code(),
            StatusCode::UNIMPLEMENTED);
  EXPECT_TRUE(Report(Message("b")).ok());
}

TEST_F(GrpcTapTest, BytesThatDoNotParseAreCounted) {
  Start();
  std::mt19937 random(17);
  for (int i = 0; i < 200; ++i) {
    std::string bytes(1 + random() % 300, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    std::string reply;
    const char* method =
        i % 2 ? "/reasonwatch.v1.Tap/Report" : "/reasonwatch.v1.Tap/Stream";
    const StatusCode code =
        RawCall(Connect(address()), method, bytes, &reply).error_code();
    EXPECT_TRUE(code == StatusCode::OK || code == StatusCode::INVALID_ARGUMENT)
        << code;
  }
  EXPECT_EQ(tap_->Counters().records, 200);
  EXPECT_GT(tap_->Counters().errors["malformed"], 100);
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, AClientThatGivesUpIsCountedAndForgotten) {
  Start();
  const auto stub = Stub();
  {
    grpc::ClientContext context;
    v1::Summary summary;
    auto writer = stub->Stream(&context, &summary);
    ASSERT_TRUE(writer->Write(Message("a")));
    while (tap_->Counters().records < 1)
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    context.TryCancel();
    EXPECT_EQ(writer->Finish().error_code(), StatusCode::CANCELLED);
  }
  WaitForError("cancelled", 1);
  {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::milliseconds(100));
    v1::Summary summary;
    auto writer = stub->Stream(&context, &summary);
    writer->Write(Message("b"));
    EXPECT_EQ(writer->Finish().error_code(), StatusCode::DEADLINE_EXCEEDED);
  }
  WaitForError("cancelled", 2);
  {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() -
                         std::chrono::seconds(1));
    v1::Ack ack;
    EXPECT_EQ(stub->Report(&context, Message("c"), &ack).error_code(),
              StatusCode::DEADLINE_EXCEEDED);
  }
  v1::Ack ack;
  EXPECT_TRUE(Report(*stub, Message("d"), &ack).ok());
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, AsksForItsToken) {
  options_.token_file = folder_ + "/token";
  std::ofstream(options_.token_file) << "s3cret\n";
  Start();
  const auto stub = Stub();
  v1::Ack ack;
  for (const char* wrong : {"", "Bearer", "Bearer s3cre", "Bearer s3cretx",
                            "Basic s3cret", "s3cret"})
    EXPECT_EQ(Report(*stub, Message("a"), &ack, wrong).error_code(),
              StatusCode::UNAUTHENTICATED)
        << wrong;
  {
    grpc::ClientContext context;
    v1::Summary summary;
    auto writer = stub->Stream(&context, &summary);
    writer->Write(Message("a"));
    writer->WritesDone();
    EXPECT_EQ(writer->Finish().error_code(), StatusCode::UNAUTHENTICATED);
  }
  EXPECT_TRUE(sink_.responses().empty());
  EXPECT_TRUE(Report(*stub, Message("a"), &ack, "Bearer s3cret").ok());
  EXPECT_EQ(tap_->Counters().errors["unauthenticated"], 7);
  ExpectRecordsAddUp();
}

// A call of which the message never comes, with this token ("" = none).
grpc::Status CallWithoutItsMessage(
    const std::shared_ptr<grpc::Channel>& channel, const std::string& token) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(In(20));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
  grpc::CompletionQueue queue;
  void* tag = nullptr;
  bool ok = false;
  const auto call =
      stub.PrepareCall(&context, "/reasonwatch.v1.Tap/Report", &queue);
  call->StartCall(nullptr);
  queue.Next(&tag, &ok);
  grpc::Status status;
  call->Finish(&status, nullptr);
  queue.Next(&tag, &ok);
  queue.Shutdown();
  while (queue.Next(&tag, &ok)) {
  }
  return status;
}

TEST_F(GrpcTapTest, JudgesTheTokenBeforeItReadsAMessage) {
  options_.token_file = folder_ + "/token";
  std::ofstream(options_.token_file) << "right";
  Start();
  EXPECT_EQ(CallWithoutItsMessage(Connect(address()), "").error_code(),
            StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(CallWithoutItsMessage(Connect(address()), "wrong").error_code(),
            StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(tap_->Counters().errors["unauthenticated"], 2);
  EXPECT_EQ(tap_->Counters().records, 0);
}

TEST_F(GrpcTapTest, GivesUpACallWhoseMessageDoesNotCome) {
  options_.message_timeout = absl::Milliseconds(100);
  Start();
  EXPECT_NE(CallWithoutItsMessage(Connect(address()), "").error_code(),
            StatusCode::DEADLINE_EXCEEDED);
  EXPECT_EQ(tap_->Counters().errors["too_slow"], 1);
  EXPECT_TRUE(Report(Message("a")).ok());
}

TEST_F(GrpcTapTest, ServesTlsAndChecksClients) {
  const std::string cert = folder_ + "/cert.pem";
  const std::string key = folder_ + "/key.pem";
  const std::string command = absl::StrFormat(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 "
      "-nodes -days 2 -keyout %s -out %s -subj /CN=localhost -addext "
      "subjectAltName=IP:127.0.0.1 >%s/log 2>&1",
      key, cert, folder_);
  if (system(command.c_str()) != 0)
    GTEST_SKIP() << "needs the openssl program to make a certificate";
  const auto read = [](const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  };
  options_.tls_cert = cert;
  options_.tls_key = key;
  options_.tls_client_ca = cert;
  Start();
  grpc::SslCredentialsOptions ssl;
  ssl.pem_root_certs = read(cert);
  v1::Ack ack;
  EXPECT_EQ(
      Report(*v1::Tap::NewStub(Connect(address(), grpc::SslCredentials(ssl))),
             Message("a"), &ack)
          .error_code(),
      StatusCode::UNAVAILABLE)
      << "a client without a certificate came in";
  EXPECT_EQ(Report(Message("a")).error_code(), StatusCode::UNAVAILABLE)
      << "a client without TLS came in";
  ssl.pem_cert_chain = read(cert);
  ssl.pem_private_key = read(key);
  const grpc::Status status =
      Report(*v1::Tap::NewStub(Connect(address(), grpc::SslCredentials(ssl))),
             Message("a"), &ack);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(GrpcTapTest, SaysWhatIsWrongWithItsOptions) {
  const auto start = [this](auto change) {
    GrpcTapOptions options = options_;
    change(options);
    return GrpcTap(options, {sink_, {}}).Start();
  };
  EXPECT_TRUE(
      absl::IsInvalidArgument(start([](GrpcTapOptions& o) { o.listen = ""; })));
  EXPECT_TRUE(absl::IsInvalidArgument(
      start([](GrpcTapOptions& o) { o.max_message_bytes = 0; })));
  EXPECT_TRUE(absl::IsInvalidArgument(
      start([](GrpcTapOptions& o) { o.token_file = "/nonexistent"; })));
  EXPECT_TRUE(absl::IsInvalidArgument(
      start([](GrpcTapOptions& o) { o.tls_cert = "/nonexistent"; })));
  EXPECT_TRUE(absl::IsInvalidArgument(start([](GrpcTapOptions& o) {
    o.unix_socket = "/tmp/" + std::string(200, 's');
  })));
  std::ofstream(folder_ + "/junk") << "no certificate";
  EXPECT_TRUE(absl::IsInvalidArgument(start([this](GrpcTapOptions& o) {
    o.tls_cert = o.tls_key = folder_ + "/junk";
  })));
  EXPECT_TRUE(absl::IsUnavailable(
      start([](GrpcTapOptions& o) { o.listen = "192.0.2.1:9095"; })));
  Start();
  const absl::Status taken =
      start([this](GrpcTapOptions& o) { o.listen = address(); });
  EXPECT_TRUE(absl::IsUnavailable(taken)) << taken;
}

TEST_F(GrpcTapTest, GarbageOnThePortHarmsNobody) {
  Start();
  std::mt19937 random(5);
  for (int i = 0; i < 50; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT_GE(fd, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(tap_->BoundPort()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(connect(fd, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0);
    // Some of them begin as HTTP/2 does.
    std::string bytes = i % 2 ? "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" : "";
    for (size_t n = random() % 5000; n > 0; --n)
      bytes += static_cast<char>(random());
    (void)send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    close(fd);
  }
  EXPECT_TRUE(Report(Message("a")).ok());
}

}  // namespace
}  // namespace reasonwatch
