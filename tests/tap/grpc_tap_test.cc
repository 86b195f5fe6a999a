#include "tap/grpc/grpc_tap.h"

#include <arpa/inet.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "reasonwatch/v1/tap.grpc.pb.h"
#include "tests/fakes/fake_sink.h"

namespace reasonwatch {
namespace {

using grpc::StatusCode;

std::chrono::system_clock::time_point In(int seconds) {
  return std::chrono::system_clock::now() + std::chrono::seconds(seconds);
}

v1::Response Message(const std::string& id, std::string content = "4") {
  v1::Response m;
  m.set_id(id);
  m.set_model("model");
  m.set_content(std::move(content));
  return m;
}

class GrpcTapTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "/tapXXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    options_.listen = "127.0.0.1:0";
  }
  void TearDown() override {
    tap_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Start() {
    offered_before_ = static_cast<int64_t>(sink_.responses().size());
    auto tap = StartGrpcTap(options_, sink_);
    ASSERT_TRUE(tap.ok()) << tap.status();
    tap_ = *std::move(tap);
  }

  std::string address() const {
    return absl::StrFormat("127.0.0.1:%d", tap_->BoundPort());
  }
  // A connection of its own, not one of the process's pool.
  std::shared_ptr<grpc::Channel> Connect(
      const std::string& target,
      std::shared_ptr<grpc::ChannelCredentials> credentials =
          grpc::InsecureChannelCredentials()) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxSendMessageSize(-1);
    return grpc::CreateCustomChannel(target, credentials, arguments);
  }
  std::unique_ptr<v1::Tap::Stub> Stub() const {
    return v1::Tap::NewStub(Connect(address()));
  }

  static grpc::Status Report(v1::Tap::Stub& stub, const v1::Response& message,
                             v1::Ack* ack,
                             const std::string& authorization = "") {
    grpc::ClientContext context;
    context.set_deadline(In(20));
    if (!authorization.empty())
      context.AddMetadata("authorization", authorization);
    return stub.Report(&context, message, ack);
  }
  grpc::Status Report(const v1::Response& message) const {
    v1::Ack ack;
    return Report(*Stub(), message, &ack);
  }

  // Counters are written before the client hears, except for calls that the
  // client gave up.
  void WaitForError(const std::string& reason, int64_t count) const {
    for (int i = 0; i < 1000; ++i) {
      if (tap_->Statistics().errors_by_reason[reason] >= count) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "never counted: " << reason;
  }

  void ExpectRecordsAddUp() const {
    const TapStatistics s = tap_->Statistics();
    int64_t sum = s.accepted;
    for (const auto& [reason, count] : s.dropped_by_reason) sum += count;
    EXPECT_EQ(s.records, sum);
    EXPECT_EQ(s.accepted,
              static_cast<int64_t>(sink_.responses().size()) - offered_before_);
  }

  // One message there and one back, as bytes.
  grpc::Status RawCall(const std::shared_ptr<grpc::Channel>& channel,
                       const std::string& method, const std::string& request,
                       std::string* reply) const {
    grpc::GenericStub stub(channel);
    grpc::ClientContext context;
    context.set_deadline(In(20));
    grpc::CompletionQueue queue;
    const auto wait = [&queue] {
      void* tag = nullptr;
      bool ok = false;
      return queue.Next(&tag, &ok) && ok;
    };
    auto call = stub.PrepareCall(&context, method, &queue);
    call->StartCall(nullptr);
    const grpc::Slice slice(request);
    if (wait()) {
      call->Write(grpc::ByteBuffer(&slice, 1), nullptr);
      if (wait()) {
        call->WritesDone(nullptr);
        wait();
      }
    }
    grpc::ByteBuffer buffer;
    call->Read(&buffer, nullptr);
    if (wait()) {
      std::vector<grpc::Slice> slices;
      EXPECT_TRUE(buffer.Dump(&slices).ok());
      for (const grpc::Slice& s : slices)
        reply->append(reinterpret_cast<const char*>(s.begin()), s.size());
    }
    grpc::Status status;
    call->Finish(&status, nullptr);
    wait();
    queue.Shutdown();
    return status;
  }

  std::string folder_;
  GrpcTapOptions options_;
  FakeSink sink_;
  int64_t offered_before_ = 0;  // to an earlier tap
  std::unique_ptr<GrpcTap> tap_;
};

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
  const auto second = StartGrpcTap(options_, other);
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
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
  EXPECT_EQ(tap_->Statistics().dropped_by_reason["queue_full"], 1);
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
  EXPECT_EQ(tap_->Statistics().accepted, kStreams * kMessages);
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
        tap_->Statistics();
      }
    });
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(tap_->Statistics().accepted, 800);
}

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
  while (tap_->Statistics().records < 2)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  writers[2] = stub->Stream(&contexts[2], &summaries[2]);
  EXPECT_EQ(writers[2]->Finish().error_code(), StatusCode::RESOURCE_EXHAUSTED);
  for (int i = 0; i < 2; ++i) {
    writers[i]->WritesDone();
    EXPECT_TRUE(writers[i]->Finish().ok());
  }
  EXPECT_EQ(tap_->Statistics().errors_by_reason["too_many_streams"], 1);
}

TEST_F(GrpcTapTest, AMessageWithoutAModelIsRefused) {
  Start();
  v1::Response message = Message("a");
  message.clear_model();
  EXPECT_EQ(Report(message).error_code(), StatusCode::INVALID_ARGUMENT);
  const TapStatistics s = tap_->Statistics();
  EXPECT_EQ(s.dropped_by_reason.at("invalid"), 1);
  EXPECT_EQ(s.errors_by_reason.at("missing_model"), 1);
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
  EXPECT_EQ(tap_->Statistics().invalid_utf8, 1);
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
  EXPECT_EQ(tap_->Statistics().errors_by_reason["message_too_large"], 2);
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
  EXPECT_EQ(tap_->Statistics().records, 200);
  EXPECT_GT(tap_->Statistics().errors_by_reason["malformed"], 100);
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
    while (tap_->Statistics().records < 1)
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
  EXPECT_EQ(tap_->Statistics().errors_by_reason["unauthenticated"], 7);
  ExpectRecordsAddUp();
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
    return StartGrpcTap(options, sink_).status();
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
  tap_->SetServing(false);
  EXPECT_EQ(status_of(""), "\x08\x02");
  EXPECT_EQ(status_of(service), "\x08\x02");
  tap_->SetServing(true);
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

TEST_F(GrpcTapTest, StopEndsAnIdleStreamSoonAndSaysWhatWasTaken) {
  Start();
  grpc::ClientContext context;
  v1::Summary summary;
  const auto stub = Stub();
  auto writer = stub->Stream(&context, &summary);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer->Write(Message("x")));
  while (tap_->Statistics().records < 3)
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  const auto start = std::chrono::steady_clock::now();
  tap_->Stop(absl::Seconds(30));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  const grpc::Status status = writer->Finish();
  EXPECT_EQ(status.error_code(), StatusCode::UNAVAILABLE);
  EXPECT_NE(status.error_message().find("3 messages"), std::string::npos)
      << status.error_message();
  tap_->Stop(absl::Seconds(30));
}

TEST_F(GrpcTapTest, StopTakesWhatABusyStreamStillSends) {
  Start();
  const auto stub = Stub();
  grpc::Status status;
  v1::Summary summary;
  std::thread client([&] {
    grpc::ClientContext context;
    context.set_deadline(In(60));
    auto writer = stub->Stream(&context, &summary);
    for (int i = 0; i < 2000; ++i) writer->Write(Message("x"));
    writer->WritesDone();
    status = writer->Finish();
  });
  while (tap_->Statistics().records < 10) std::this_thread::yield();
  tap_->Stop(absl::Seconds(30));
  client.join();
  EXPECT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(summary.accepted(), 2000);
  ExpectRecordsAddUp();
}

TEST_F(GrpcTapTest, StopHoldsItsDeadlineAgainstAStreamWithoutEnd) {
  Start();
  const auto stub = Stub();
  std::atomic<bool> started = false;
  grpc::Status status;
  std::thread client([&] {
    grpc::ClientContext context;
    context.set_deadline(In(60));
    v1::Summary summary;
    auto writer = stub->Stream(&context, &summary);
    while (writer->Write(Message("x"))) started = true;
    status = writer->Finish();
  });
  while (!started) std::this_thread::yield();
  const auto start = std::chrono::steady_clock::now();
  tap_->Stop(absl::Seconds(1));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  client.join();
  EXPECT_FALSE(status.ok());
  const int64_t offered = static_cast<int64_t>(sink_.responses().size());
  EXPECT_EQ(tap_->Statistics().accepted, offered);
}

TEST_F(GrpcTapTest, StopsWhileClientsComeAndGo) {
  for (int round = 0; round < 5; ++round) {
    Start();
    std::atomic<bool> stop = false;
    std::vector<std::thread> clients;
    for (int c = 0; c < 4; ++c)
      clients.emplace_back([&, c] {
        while (!stop) {
          const auto stub = Stub();
          v1::Ack ack;
          grpc::ClientContext context;
          context.set_deadline(In(5));
          if (c % 2) {
            stub->Report(&context, Message("x"), &ack);
          } else {
            v1::Summary summary;
            auto writer = stub->Stream(&context, &summary);
            for (int i = 0; i < 20 && writer->Write(Message("x")); ++i) {
            }
            context.TryCancel();
            writer->Finish();
          }
        }
      });
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    tap_->Stop(absl::Milliseconds(200));
    stop = true;
    for (std::thread& client : clients) client.join();
    ExpectRecordsAddUp();
  }
}

}  // namespace
}  // namespace reasonwatch
