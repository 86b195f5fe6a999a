// SPDX-License-Identifier: Apache-2.0
// Stopping the tap while clients send.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "reasonwatch/v1/tap.grpc.pb.h"
#include "tap/grpc/grpc_tap.h"
#include "tests/tap/grpc_tap_fixture.h"

namespace reasonwatch {
namespace {

using grpc::StatusCode;

TEST_F(GrpcTapTest, StopEndsAnIdleStreamSoonAndSaysWhatWasTaken) {
  Start();
  grpc::ClientContext context;
  v1::Summary summary;
  const auto stub = Stub();
  auto writer = stub->Stream(&context, &summary);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(writer->Write(Message("x")));
  while (tap_->Counters().records < 3)
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
  while (tap_->Counters().records < 10) std::this_thread::yield();
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
  EXPECT_EQ(tap_->Counters().accepted, offered);
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
