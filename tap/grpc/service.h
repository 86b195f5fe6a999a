// SPDX-License-Identifier: Apache-2.0
// The calls of reasonwatch.v1.Tap, served from one completion queue.
#ifndef REASONWATCH_TAP_GRPC_SERVICE_H_
#define REASONWATCH_TAP_GRPC_SERVICE_H_

#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/impl/codegen/service_type.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/byte_buffer.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "tap/grpc/options.h"
#include "tap/grpc/receiver.h"
#include "tap/grpc/token.h"
#include "tap/intake.h"

namespace reasonwatch {

// An operation of the completion queue; its address is the tag.
class TapEvent {
 public:
  virtual ~TapEvent() = default;
  virtual void Proceed(bool ok) = 0;
};

// Calls a member function when the operation comes back.
template <typename T>
class MemberEvent : public TapEvent {
 public:
  MemberEvent(T& owner, void (T::*method)(bool))
      : owner_(owner), method_(method) {}
  void Proceed(bool ok) override { (owner_.*method_)(ok); }

 private:
  T& owner_;
  void (T::*method_)(bool);
};

// Both calls take a stream of the client: so the token is judged before gRPC
// reads a message, and the one message of Report is read when it may come. On
// the wire a stream of one message is a unary call. Raw, because then a message
// that does not parse reaches the receiver and is counted.
class RawTap : public grpc::Service {
 public:
  using Reader = grpc::ServerAsyncReader<grpc::ByteBuffer, grpc::ByteBuffer>;

  RawTap();
  void RequestReport(grpc::ServerContext* context, Reader* reader,
                     grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncClientStreaming(0, context, reader, queue, queue, tag);
  }
  void RequestStream(grpc::ServerContext* context, Reader* reader,
                     grpc::ServerCompletionQueue* queue, void* tag) {
    RequestAsyncClientStreaming(1, context, reader, queue, queue, tag);
  }
};

// Run() and all that it calls belong to one thread; the other methods may be
// called beside it. The references and the queue must outlive the service.
class TapService {
 public:
  TapService(TapIntake& intake, RawTap& service, const GrpcTapOptions& options,
             TokenCheck token);
  ~TapService();

  // Serves calls until the queue is down, which is after ServerIsDown() and the
  // last event of the last call.
  void Run(grpc::ServerCompletionQueue& queue);

  // From now on a stream that pauses is ended; at `until` every stream is.
  // Call before the server shuts down, and once.
  void BeginDrain(grpc::ServerCompletionQueue& queue,
                  std::chrono::system_clock::time_point until);
  // Call after the server has shut down, and once.
  void ServerIsDown(grpc::ServerCompletionQueue& queue);

 private:
  class ReportCall;
  class StreamCall;

  size_t OpenReports() const {
    return reports_.size() - idle_reports_.size() -
           static_cast<size_t>(waiting_reports_);
  }
  void ArmReport();
  void ArmStream();
  void OnTick(bool ok);
  void OnWatch(bool ok);
  void OnServerDown(bool ok);

  TapIntake& intake_;
  const TokenCheck token_;
  const size_t max_open_streams_;
  const std::chrono::nanoseconds message_timeout_;
  RawTap& service_;
  Receiver receiver_;
  grpc::ServerCompletionQueue* queue_ = nullptr;  // set by Run()
  grpc::ByteBuffer accepted_ack_;

  std::vector<std::unique_ptr<ReportCall>> reports_;
  std::vector<std::unique_ptr<StreamCall>> streams_;
  std::vector<ReportCall*> idle_reports_;  // neither waiting nor open
  std::vector<StreamCall*> idle_streams_;
  int waiting_reports_ = 0;
  size_t open_streams_ = 0;
  // Operations started, except alarms, whose event has not come back.
  int64_t pending_events_ = 0;
  bool server_down_ = false;
  bool stopping_ = false;

  MemberEvent<TapService> tick_;
  MemberEvent<TapService> watch_;
  MemberEvent<TapService> server_down_event_;
  grpc::Alarm tick_alarm_;
  grpc::Alarm watch_alarm_;
  grpc::Alarm server_down_alarm_;
  // Set by BeginDrain() before the first tick, which reads it.
  std::atomic<std::chrono::system_clock::time_point> drain_deadline_{};
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_SERVICE_H_
