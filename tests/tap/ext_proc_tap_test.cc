// SPDX-License-Identifier: Apache-2.0
// The ext_proc service on the port of the gRPC tap, by a real gRPC client.
#include "tap/ext_proc/ext_proc_tap.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "envoy/service/ext_proc/v3/external_processor.grpc.pb.h"
#include "tap/grpc/grpc_tap.h"
#include "tap/grpc/guests.h"
#include "tests/fakes/fake_sink.h"
#include "tests/tap/ext_proc_messages.h"
#include "util/mutex.h"

namespace reasonwatch {
namespace {

using envoy::extensions::filters::http::ext_proc::v3::ProcessingMode;
using envoy::service::ext_proc::v3::ExternalProcessor;
using envoy::service::ext_proc::v3::ProcessingResponse;

std::vector<ExtProcMessage> Exchange() {
  return {RequestHeaders(),          RequestBody(kAskedBody),
          RequestBody("", true),     ResponseHeaders(kJson),
          ResponseBody(kAnswerBody), ResponseBody("", true)};
}

class ExtProcTapTest : public testing::Test {
 protected:
  void SetUp() override { grpc_options_.listen = "127.0.0.1:0"; }
  void TearDown() override { StopAll(absl::ZeroDuration()); }

  void Start() {
    const auto guests = std::make_shared<GrpcGuests>();
    TapContext context{sink_, {}};
    context.guests = guests;
    context.on_notice = [this](std::string_view notice) {
      MutexLock lock(mutex_);
      notices_.emplace_back(notice);
    };
    tap_ = std::make_unique<ExtProcTap>(options_, grpc_options_.token_file,
                                        context);
    ASSERT_TRUE(tap_->Start().ok());
    grpc_ = std::make_unique<GrpcTap>(grpc_options_, context);
    const absl::Status started = grpc_->Start();
    ASSERT_TRUE(started.ok()) << started;
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ = grpc::CreateCustomChannel(
        absl::StrFormat("127.0.0.1:%d", grpc_->BoundPort()),
        grpc::InsecureChannelCredentials(), arguments);
    stub_ = ExternalProcessor::NewStub(channel_);
  }
  void StopAll(absl::Duration deadline) {
    if (tap_ != nullptr) tap_->Stop(deadline);
    if (grpc_ != nullptr) grpc_->Stop(deadline);
    grpc_.reset();
    tap_.reset();
  }

  // One stream. Writes all messages, then waits for the tap to end it, or ends
  // it if it `closes`.
  struct Outcome {
    grpc::Status status;
    std::vector<ProcessingResponse> answers;
  };
  Outcome Send(const std::vector<ExtProcMessage>& messages, bool closes = false,
               const std::string& authorization = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() +
                         std::chrono::seconds(30));
    if (!authorization.empty())
      context.AddMetadata("authorization", authorization);
    const auto stream = stub_->Process(&context);
    for (const ExtProcMessage& message : messages)
      if (!stream->Write(message)) break;
    if (closes) stream->WritesDone();
    Outcome outcome;
    ProcessingResponse answer;
    while (stream->Read(&answer)) outcome.answers.push_back(answer);
    outcome.status = stream->Finish();
    return outcome;
  }

  void WaitFor(const std::function<bool()>& condition) {
    bool met = condition();
    for (int i = 0; i < 1000 && !met; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
      met = condition();
    }
    EXPECT_TRUE(met);
  }
  std::vector<std::string> notices() const {
    MutexLock lock(mutex_);
    return notices_;
  }

  ExtProcOptions options_;
  GrpcTapOptions grpc_options_;
  FakeSink sink_;
  mutable Mutex mutex_;
  std::vector<std::string> notices_ ABSL_GUARDED_BY(mutex_);
  std::unique_ptr<ExtProcTap> tap_;
  std::unique_ptr<GrpcTap> grpc_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<ExternalProcessor::Stub> stub_;
};

TEST_F(ExtProcTapTest, TurnsAnExchangeIntoAResponseAndEndsTheStream) {
  Start();
  const Outcome outcome = Send(Exchange());
  EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_TRUE(outcome.answers.empty());
  ASSERT_EQ(sink_.responses().size(), 1u);
  const Response r = sink_.responses()[0];
  EXPECT_EQ(r.source, "ext_proc");
  EXPECT_EQ(r.model, "m");
  EXPECT_EQ(r.request_id, "q-1");
  EXPECT_EQ(r.body, kAnswerBody);
  EXPECT_EQ(r.http_status, 200);
  EXPECT_EQ(r.origin, Origin::kLive);
  EXPECT_EQ(r.transport_end, TransportEnd::kComplete);
  EXPECT_NE(r.messages_json.find("2+2?"), std::string::npos);
  EXPECT_NE(r.time, absl::InfinitePast());
  EXPECT_GE(r.end_time, r.time);
  EXPECT_FALSE(r.id.empty());
  const TapCounters counters = tap_->Counters();
  EXPECT_EQ(counters.records, 1);
  EXPECT_EQ(counters.accepted, 1);
  EXPECT_TRUE(counters.errors.empty());
}

TEST_F(ExtProcTapTest, EndsAStreamOfEventsAtItsLastEvent) {
  Start();
  const Outcome outcome =
      Send({RequestHeaders(), RequestBody(kAskedBody, true),
            ResponseHeaders(kEvents), ResponseBody(ChatEvent("4")),
            ResponseBody(ChatEvent("", true) + std::string(kDone))});
  EXPECT_TRUE(outcome.status.ok());
  ASSERT_EQ(sink_.responses().size(), 1u);
  EXPECT_TRUE(sink_.responses()[0].streamed);
}

TEST_F(ExtProcTapTest, AStreamThatIsCutIsAResponseThatIsCut) {
  Start();
  const Outcome outcome =
      Send({RequestHeaders(), RequestBody(kAskedBody, true),
            ResponseHeaders(kEvents), ResponseBody(ChatEvent("4"))},
           /*closes=*/true);
  EXPECT_TRUE(outcome.status.ok());
  WaitFor([&] { return sink_.responses().size() == 1; });
  EXPECT_EQ(sink_.responses()[0].transport_end, TransportEnd::kClientAbort);
}

TEST_F(ExtProcTapTest, OwnQuestionsAreNotLive) {
  Start();
  std::vector<ExtProcMessage> messages = Exchange();
  messages[0] = RequestHeaders({{"x-reasonwatch-origin", "rescore"}});
  Send(messages);
  ASSERT_EQ(sink_.responses().size(), 1u);
  EXPECT_EQ(sink_.responses()[0].origin, Origin::kRescore);
}

TEST_F(ExtProcTapTest, OtherTrafficIsCountedByNameAndItsStreamEnded) {
  Start();
  EXPECT_TRUE(Send({RequestHeaders({}, "/v1/embeddings")}).status.ok());
  EXPECT_TRUE(Send({RequestHeaders({}, "/v1/models")}).status.ok());
  // The client left before there was an answer.
  EXPECT_TRUE(
      Send({RequestHeaders(), RequestBody(kAskedBody)}, true).status.ok());
  const TapCounters counters = tap_->Counters();
  int64_t ignored = 0;
  for (const auto& [kind, n] : counters.ignored) ignored += n;
  EXPECT_EQ(ignored, 3);
  EXPECT_EQ(counters.ignored.at("no_response"), 1);
  EXPECT_EQ(counters.records, 0);
  EXPECT_TRUE(sink_.responses().empty());
}

TEST_F(ExtProcTapTest, AnEncodingThatCannotBeReadIsCounted) {
  Start();
  EXPECT_TRUE(Send({RequestHeaders(), RequestBody(kAskedBody, true),
                    ResponseHeaders({{"content-encoding", "br"}})})
                  .status.ok());
  const TapCounters counters = tap_->Counters();
  EXPECT_EQ(counters.errors.at("unsupported_encoding"), 1);
  EXPECT_EQ(counters.dropped.at("invalid"), 1);
  EXPECT_EQ(counters.records, 1);
}

TEST_F(ExtProcTapTest, AnEnvoyThatWaitsIsAnsweredAndNamed) {
  Start();
  for (const bool duplex : {false, true}) {
    std::vector<ExtProcMessage> messages = Exchange();
    for (ExtProcMessage& m : messages) m.set_observability_mode(false);
    auto& config = *messages[0].mutable_protocol_config();
    const auto mode = duplex ? ProcessingMode::FULL_DUPLEX_STREAMED
                             : ProcessingMode::STREAMED;
    config.set_request_body_mode(mode);
    config.set_response_body_mode(mode);
    messages.push_back(messages.back());  // after the exchange has ended
    const Outcome outcome = Send(messages, /*closes=*/true);
    EXPECT_TRUE(outcome.status.ok());
    ASSERT_EQ(outcome.answers.size(), messages.size());
    for (size_t i = 0; i < messages.size(); ++i) {
      const ProcessingResponse& answer = outcome.answers[i];
      // The two messages number their cases differently.
      EXPECT_EQ(answer.has_request_headers(),
                messages[i].has_request_headers());
      EXPECT_EQ(answer.has_request_body(), messages[i].has_request_body());
      EXPECT_EQ(answer.has_response_headers(),
                messages[i].has_response_headers());
      EXPECT_EQ(answer.has_response_body(), messages[i].has_response_body());
      EXPECT_EQ(answer.response_body()
                    .response()
                    .body_mutation()
                    .streamed_response()
                    .body(),
                duplex ? messages[i].response_body().body() : "");
    }
  }
  EXPECT_EQ(sink_.responses().size(), 2u);
  EXPECT_EQ(tap_->Counters().errors.at("misconfigured"), 14);
  ASSERT_EQ(notices().size(), 1u);
  EXPECT_NE(notices()[0].find("observability_mode"), std::string::npos);
}

TEST_F(ExtProcTapTest, BodiesThatNeverComeAreNoticedOnce) {
  Start();
  for (int i = 0; i < 8; ++i)
    Send({RequestHeaders(), ResponseHeaders(kJson)}, /*closes=*/true);
  WaitFor([&] { return !notices().empty(); });
  ASSERT_EQ(notices().size(), 1u);
  EXPECT_NE(notices()[0].find("STREAMED"), std::string::npos);
  EXPECT_EQ(tap_->Counters().errors.at("no_bodies"), 1);
}

TEST_F(ExtProcTapTest, AClientThatLeavesEarlyIsNoMistakeOfTheSetUp) {
  Start();
  Send(Exchange());
  for (int i = 0; i < 8; ++i)
    Send({RequestHeaders(), RequestBody(kAskedBody, true),
          ResponseHeaders(kJson)},
         /*closes=*/true);
  EXPECT_TRUE(notices().empty());
}

TEST_F(ExtProcTapTest, AsksForTheTokenOfTheTap) {
  const std::string path = testing::TempDir() + "/ext_proc_token";
  std::ofstream(path) << "secret\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                         std::filesystem::perms::owner_write);
  grpc_options_.token_file = path;
  Start();
  EXPECT_EQ(Send(Exchange()).status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(sink_.responses().empty());
  EXPECT_TRUE(Send(Exchange(), false, "Bearer secret").status.ok());
  EXPECT_EQ(sink_.responses().size(), 1u);
  EXPECT_EQ(tap_->Counters().errors.at("unauthenticated"), 1);
}

TEST_F(ExtProcTapTest, BoundsExchangesAndBytesOfAllTogether) {
  options_.max_exchanges = 1;
  options_.max_bytes = 4096;
  Start();
  grpc::ClientContext context;
  const auto held = stub_->Process(&context);
  held->Write(RequestHeaders());
  held->Write(RequestBody(kAskedBody));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  // The first one is under way; a second one is ended, politely.
  WaitFor([&] {
    Send({RequestHeaders({}, "/v1/models")});
    return tap_->Counters().errors.contains("too_many_exchanges");
  });
  held->WritesDone();
  held->Finish();
  WaitFor([&] { return tap_->Counters().ignored.contains("no_response"); });

  // A stream that has just ended may still count as under way.
  WaitFor([&] {
    Send({RequestHeaders(), RequestBody(std::string(100'000, 'x'))});
    return tap_->Counters().errors.contains("memory_full");
  });
  // Its bytes are free again.
  WaitFor([&] {
    Send(Exchange());
    return !sink_.responses().empty();
  });
}

TEST_F(ExtProcTapTest, StopGivesUpWhatIsUnderWay) {
  Start();
  grpc::ClientContext context;
  const auto held = stub_->Process(&context);
  held->Write(RequestHeaders());
  held->Write(ResponseHeaders(kEvents));
  held->Write(ResponseBody(ChatEvent("4")));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  tap_->Stop(absl::Milliseconds(300));
  EXPECT_EQ(tap_->Counters().errors["cut_by_stop"], 1);
  EXPECT_TRUE(sink_.responses().empty());
  // Another stream is ended without being read.
  EXPECT_TRUE(Send(Exchange()).status.ok());
  EXPECT_TRUE(sink_.responses().empty());
  EXPECT_TRUE(held->Finish().ok());
}

TEST_F(ExtProcTapTest, ManyStreamsAtOnceLoseNothing) {
  Start();
  constexpr int kThreads = 8;
  constexpr int kEach = 50;
  {
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int t = 0; t < kThreads; ++t)
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          EXPECT_TRUE(Send(Exchange()).status.ok());
        }
      });
  }
  EXPECT_EQ(sink_.responses().size(), size_t{kThreads} * kEach);
  EXPECT_EQ(tap_->Counters().accepted, kThreads * kEach);
}

}  // namespace
}  // namespace reasonwatch
