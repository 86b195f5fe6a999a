// SPDX-License-Identifier: Apache-2.0
#include "bench/pipeline/client.h"

#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <deque>

#include "absl/strings/str_cat.h"
#include "bench/pipeline/traffic.h"
#include "reasonwatch/v1/tap.grpc.pb.h"

namespace reasonwatch::bench {
namespace {

// Calls in flight, enough to keep the server busy.
constexpr int kOutstanding = 32;
// Different texts, so that no cache holds the next one.
constexpr size_t kTexts = 1024;

[[noreturn]] void Die(const grpc::Status& status) {
  std::fprintf(stderr, "call failed: %s\n", status.error_message().c_str());
  // Not exit(): threads may still run.
  std::_Exit(1);
}

void SetTime(absl::Time time, google::protobuf::Timestamp& out) {
  out.set_seconds(absl::ToUnixSeconds(time));
  out.set_nanos(0);
}

}  // namespace

std::string_view ModeName(Mode mode) {
  return mode == Mode::kUnary    ? "unary"
         : mode == Mode::kStream ? "stream"
                                 : "stream, corked";
}

class Client::Impl {
 public:
  Impl(int port, int streams, int routes)
      : routes_(routes),
        counts_(static_cast<size_t>(streams), 0),
        channel_(grpc::CreateChannel(absl::StrCat("127.0.0.1:", port),
                                     grpc::InsecureChannelCredentials())),
        stub_(v1::Tap::NewStub(channel_)) {
    Traffic traffic(1);
    for (size_t i = 0; i < kTexts; ++i) {
      const Response r = traffic.Make();
      v1::Response& m = messages_.emplace_back();
      m.set_prompt(r.prompt);
      m.set_content(*r.content);
      m.set_finish_reason(r.finish_reason);
      m.set_streamed(r.streamed);
      m.mutable_intent()->set_thinking(true);
      m.mutable_usage()->set_input_tokens(*r.usage.input_tokens);
      m.mutable_usage()->set_output_tokens(*r.usage.output_tokens);
    }
  }

  const v1::Response& Next(int first, int end) {
    if (next_stream_ < first || next_stream_ >= end) next_stream_ = first;
    const int stream = next_stream_++;
    v1::Response& m = messages_[sent_ % kTexts];
    m.set_id(absl::StrCat("bench-", ++sent_));
    m.set_model(ModelName(stream / routes_));
    m.set_route(absl::StrCat("route-", stream % routes_));
    const absl::Time start = StartOf(counts_[static_cast<size_t>(stream)]++);
    SetTime(start, *m.mutable_time());
    SetTime(start + kDuration, *m.mutable_end_time());
    return m;
  }

  int streams() const { return static_cast<int>(counts_.size()); }

  void Stream(bool corked, int first, int end, int64_t responses) {
    grpc::ClientContext context;
    v1::Summary summary;
    const auto writer = stub_->Stream(&context, &summary);
    grpc::WriteOptions options;
    if (corked) options.set_buffer_hint();
    bool open = true;
    for (int64_t i = 0; i < responses && open; ++i)
      open = writer->Write(Next(first, end), options);
    writer->WritesDone();
    if (const grpc::Status status = writer->Finish(); !status.ok()) Die(status);
  }

  void Unary(int64_t responses) {
    struct Call {
      grpc::ClientContext context;
      v1::Ack ack;
      grpc::Status status;
      std::unique_ptr<grpc::ClientAsyncResponseReader<v1::Ack>> reader;
    };
    grpc::CompletionQueue queue;
    int64_t started = 0;
    const auto start = [&] {
      auto* call = new Call;
      call->reader =
          stub_->AsyncReport(&call->context, Next(0, streams()), &queue);
      call->reader->Finish(&call->ack, &call->status, call);
      ++started;
    };
    while (started < kOutstanding && started < responses) start();
    void* tag = nullptr;
    bool ok = false;
    for (int64_t done = 0; done < responses; ++done) {
      queue.Next(&tag, &ok);
      const std::unique_ptr<Call> call(static_cast<Call*>(tag));
      if (!call->status.ok()) Die(call->status);
      if (started < responses) start();
    }
  }

 private:
  const int routes_;
  std::deque<v1::Response> messages_;
  std::vector<int64_t> counts_;
  size_t sent_ = 0;
  int next_stream_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::Tap::Stub> stub_;
};

Client::Client(int port, int streams, int routes)
    : impl_(std::make_unique<Impl>(port, streams, routes)) {}
Client::~Client() = default;

void Client::Send(Mode mode, int64_t responses) {
  if (mode == Mode::kUnary) return impl_->Unary(responses);
  impl_->Stream(mode == Mode::kCorked, 0, impl_->streams(), responses);
}

void Client::SendTo(int first_stream, int end_stream, int64_t responses) {
  impl_->Stream(/*corked=*/true, first_stream, end_stream, responses);
}

}  // namespace reasonwatch::bench
