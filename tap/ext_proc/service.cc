// SPDX-License-Identifier: Apache-2.0
// A call belongs to gRPC's threads, which run its reactions one after another;
// only Stop() reaches it from another one, to finish it. It reads until its
// exchange has ended and then finishes the stream with OK, at once: Envoy holds
// a stream for seconds otherwise. It never finishes with an error once it has
// read, because an Envoy that does not fail open would cut the client off.
//
// In order: answers for an Envoy that waits, one call, the service.
#include "tap/ext_proc/service.h"

#include <chrono>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "tap/exchange/exchange.h"
#include "tap/ext_proc/exchange_reader.h"
#include "tap/grpc/limits.h"

namespace reasonwatch {
namespace {

using envoy::extensions::filters::http::ext_proc::v3::ProcessingMode;
using envoy::service::ext_proc::v3::BodyResponse;
using envoy::service::ext_proc::v3::HttpBody;
using envoy::service::ext_proc::v3::ProcessingRequest;
using envoy::service::ext_proc::v3::ProcessingResponse;

constexpr std::string_view kNoBodies =
    "Envoy sends headers without their bodies: request_body_mode and "
    "response_body_mode of its ext_proc filter must be STREAMED";
constexpr std::string_view kNotObserving =
    "Envoy waits for the tap's answers: observability_mode of its ext_proc "
    "filter must be true";

// A client that leaves before the first byte looks the same.
constexpr int64_t kWithoutBodiesUntilNotice = 3;

// The answers of a processor that changes nothing, for an Envoy that waits.
class Answers {
 public:
  // Call for each message before it is read, because reading moves bytes away.
  void Make(const ProcessingRequest& message, ProcessingResponse& out) {
    if (message.has_protocol_config()) {
      const auto& config = message.protocol_config();
      echo_request_ =
          config.request_body_mode() == ProcessingMode::FULL_DUPLEX_STREAMED;
      echo_response_ =
          config.response_body_mode() == ProcessingMode::FULL_DUPLEX_STREAMED;
    }
    out.Clear();
    switch (message.request_case()) {
      case ProcessingRequest::kRequestHeaders:
        out.mutable_request_headers();
        return;
      case ProcessingRequest::kResponseHeaders:
        out.mutable_response_headers();
        return;
      case ProcessingRequest::kRequestBody:
        return Answer(message.request_body(), echo_request_,
                      *out.mutable_request_body());
      case ProcessingRequest::kResponseBody:
        return Answer(message.response_body(), echo_response_,
                      *out.mutable_response_body());
      case ProcessingRequest::kRequestTrailers:
        out.mutable_request_trailers();
        return;
      case ProcessingRequest::kResponseTrailers:
        out.mutable_response_trailers();
        return;
      case ProcessingRequest::REQUEST_NOT_SET:
        return;
    }
  }

 private:
  // In full duplex the body that goes on is the one that the tap sends back.
  static void Answer(const HttpBody& body, bool echo, BodyResponse& out) {
    if (!echo) return;
    auto& sent = *out.mutable_response()
                      ->mutable_body_mutation()
                      ->mutable_streamed_response();
    sent.set_body(body.body());
    sent.set_end_of_stream(body.end_of_stream());
  }

  bool echo_request_ = false;
  bool echo_response_ = false;
};

}  // namespace

class ExtProcService::Call
    : public grpc::ServerBidiReactor<ProcessingRequest, ProcessingResponse> {
 public:
  explicit Call(ExtProcService& service) : service_(service) {}

  // Keeps the object until its last reaction.
  void Begin(std::shared_ptr<Call> self) {
    self_ = std::move(self);
    reader_.emplace(service_.options_.max_body_bytes);
    StartRead(&request_);
  }
  void Refuse(std::shared_ptr<Call> self, const grpc::Status& status) {
    self_ = std::move(self);
    FinishOnce(status);
  }
  // From any thread.
  void Abandon() {
    abandoned_ = true;
    FinishOnce(grpc::Status::OK);
  }

 private:
  void OnReadDone(bool ok) override {
    if (abandoned_) {
      LoseToStop();
      return FinishOnce(grpc::Status::OK);
    }
    if (!ok) {
      EndExchange();
      return FinishOnce(grpc::Status::OK);
    }
    const bool waits = !request_.observability_mode();
    if (waits) {
      service_.NoteMisconfigured();
      answers_.Make(request_, answer_);
    }
    ReadMessage();
    // An Envoy that waits is answered until it closes the stream.
    if (waits && request_.request_case() != ProcessingRequest::REQUEST_NOT_SET)
      return StartWrite(&answer_);
    if (!reader_.has_value() && !waits) return FinishOnce(grpc::Status::OK);
    StartRead(&request_);
  }

  void OnWriteDone(bool ok) override {
    if (ok && !abandoned_) return StartRead(&request_);
    EndExchange();
    FinishOnce(grpc::Status::OK);
  }

  void OnDone() override {
    LoseToStop();
    service_.Forget(std::exchange(self_, nullptr));
  }

  void ReadMessage() {
    if (!reader_.has_value()) return;
    reader_->Read(request_, absl::Now());
    if (!Hold(reader_->held_bytes())) {
      service_.intake_.Reject("memory_full");
      return Drop();
    }
    if (reader_->state() == ExchangeReader::State::kOpen) return;
    EndExchange();
  }

  void EndExchange() {
    if (!reader_.has_value()) return;
    service_.Report(*reader_);
    Drop();
  }
  void LoseToStop() {
    if (!reader_.has_value()) return;
    if (reader_->has_response()) service_.intake_.CountError("cut_by_stop");
    Drop();
  }
  void Drop() {
    reader_.reset();
    Hold(0);
  }
  bool Hold(int64_t bytes) {
    return service_.Hold(bytes - std::exchange(held_, bytes));
  }

  void FinishOnce(const grpc::Status& status) {
    if (!finished_.exchange(true)) Finish(status);
  }

  ExtProcService& service_;
  std::shared_ptr<Call> self_;
  ProcessingRequest request_;
  ProcessingResponse answer_;
  Answers answers_;
  std::optional<ExchangeReader> reader_;
  int64_t held_ = 0;
  std::atomic<bool> finished_ = false;
  std::atomic<bool> abandoned_ = false;
};

ExtProcService::ExtProcService(TapIntake& intake, const ExtProcOptions& options,
                               TokenCheck token, OnNotice on_notice)
    : intake_(intake),
      options_(options),
      token_(std::move(token)),
      on_notice_(std::move(on_notice)),
      id_prefix_(absl::StrFormat("tap-%x-x", absl::ToUnixMillis(absl::Now()))) {
}
ExtProcService::~ExtProcService() = default;

void ExtProcService::Stop(absl::Duration deadline) {
  // Between two looks at the calls that are left.
  constexpr absl::Duration kPause = absl::Milliseconds(5);
  const absl::Time until = absl::Now() + deadline;
  std::unordered_set<std::shared_ptr<Call>> left;
  const auto copy_left = [&] {
    MutexLock lock(mutex_);
    stopping_ = true;
    left = calls_;
    return !left.empty();
  };
  while (copy_left() && absl::Now() < until) absl::SleepFor(kPause);
  for (const std::shared_ptr<Call>& call : left) call->Abandon();
  // Their last reactions come at once; a server that hangs ends them itself.
  constexpr absl::Duration kLastReactions = absl::Seconds(1);
  const absl::Time give_up = absl::Now() + kLastReactions;
  while (copy_left() && absl::Now() < give_up) absl::SleepFor(kPause);
}

grpc::ServerBidiReactor<ProcessingRequest, ProcessingResponse>*
ExtProcService::Process(grpc::CallbackServerContext* context) {
  const auto call = std::make_shared<Call>(*this);
  if (!token_.Passes(*context)) {
    intake_.CountError("unauthenticated");
    call->Refuse(call, StatusOfError("unauthenticated"));
  } else if (!Admit(call)) {
    // Anything but OK would cut clients off if Envoy does not fail open.
    call->Refuse(call, grpc::Status::OK);
  } else {
    call->Begin(call);
  }
  return call.get();
}

bool ExtProcService::Admit(const std::shared_ptr<Call>& call) {
  std::string_view error;
  {
    MutexLock lock(mutex_);
    if (stopping_)
      error = "cut_by_stop";
    else if (static_cast<int64_t>(calls_.size()) >= options_.max_exchanges)
      error = "too_many_exchanges";
    else if (held_bytes_ > options_.max_bytes / 2)
      error = "memory_full";
    else
      calls_.insert(call);
  }
  if (!error.empty()) intake_.CountError(error);
  return error.empty();
}

void ExtProcService::Forget(const std::shared_ptr<Call>& call) {
  MutexLock lock(mutex_);
  calls_.erase(call);
}

bool ExtProcService::Hold(int64_t bytes) {
  const int64_t held = held_bytes_ += bytes;
  return bytes <= 0 || held <= options_.max_bytes;
}

void ExtProcService::Report(ExchangeReader& reader) {
  const TapIntake::Time arrived = std::chrono::steady_clock::now();
  if (reader.state() == ExchangeReader::State::kSkipped) {
    if (reader.skipped_request())
      intake_.Ignore(reader.skipped());
    else
      intake_.Reject(reader.skipped());
    return;
  }
  CheckBodies(reader);
  if (!reader.has_response()) return intake_.Ignore("no_response");
  if (reader.request_too_large()) intake_.CountError("request_too_large");
  if (reader.encoding_broke()) intake_.CountError("malformed_encoding");
  absl::StatusOr<ReadExchange> read = ReadHttpExchange(reader.Release());
  if (!read.ok()) {
    const std::string word(read.status().message());
    if (absl::IsNotFound(read.status()) || word == "no_response_body")
      intake_.Ignore(word);
    else
      intake_.Reject(word);
    return;
  }
  if (read->repaired_texts > 0)
    intake_.CountError("invalid_utf8", read->repaired_texts);
  if (!read->frame_error.empty()) intake_.CountError(read->frame_error);
  if (read->request_unread) intake_.CountError("request_unread");
  read->response.source = "ext_proc";
  if (read->response.id.empty())
    read->response.id = absl::StrFormat("%s%d", id_prefix_, ++made_ids_);
  intake_.Offer(std::move(read->response), read->bytes, arrived);
}

void ExtProcService::CheckBodies(const ExchangeReader& reader) {
  if (!reader.has_response()) return;
  if (!reader.lacks_response_body() && !reader.lacks_request_body()) {
    bodies_seen_ = true;
    return;
  }
  if (bodies_seen_ || ++without_bodies_ != kWithoutBodiesUntilNotice) return;
  intake_.CountError("no_bodies");
  if (on_notice_) on_notice_(kNoBodies);
}

void ExtProcService::NoteMisconfigured() {
  intake_.CountError("misconfigured");
  if (!noted_misconfigured_.exchange(true) && on_notice_)
    on_notice_(kNotObserving);
}

}  // namespace reasonwatch
