// SPDX-License-Identifier: Apache-2.0
// A gRPC tap on a free port, its sink, and clients of it.
#ifndef REASONWATCH_TESTS_TAP_GRPC_TAP_FIXTURE_H_
#define REASONWATCH_TESTS_TAP_GRPC_TAP_FIXTURE_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "reasonwatch/v1/tap.grpc.pb.h"
#include "tap/grpc/grpc_tap.h"
#include "tests/fakes/fake_sink.h"

namespace reasonwatch {

inline std::chrono::system_clock::time_point In(int seconds) {
  return std::chrono::system_clock::now() + std::chrono::seconds(seconds);
}

inline v1::Response Message(const std::string& id, std::string content = "4") {
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
    tap_ = std::make_unique<GrpcTap>(options_, TapContext{sink_, {}});
    const absl::Status started = tap_->Start();
    ASSERT_TRUE(started.ok()) << started;
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
      if (tap_->Counters().errors[reason] >= count) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL() << "never counted: " << reason;
  }

  void ExpectRecordsAddUp() const {
    const TapCounters s = tap_->Counters();
    int64_t sum = s.accepted;
    for (const auto& [reason, count] : s.dropped) sum += count;
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

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_TAP_GRPC_TAP_FIXTURE_H_
