// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/whole_message.h"

#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>

#include <chrono>
#include <memory>
#include <utility>

#include "tap/grpc/limits.h"
#include "util/mutex.h"

namespace reasonwatch {

// Keeps itself until its last reaction.
class WholeMessageService::Call
    : public grpc::ServerReadReactor<grpc::ByteBuffer> {
 public:
  Call(grpc::CallbackServerContext& context, grpc::ByteBuffer& response,
       const WholeMessageService& service, const Handler& handler)
      : context_(context),
        response_(response),
        service_(service),
        handler_(handler) {}

  static Call* Begin(const std::shared_ptr<Call>& call,
                     const TokenCheck& token) {
    Call& c = *call;
    c.self_ = call;
    if (!token.Passes(c.context_)) {
      c.Refuse("unauthenticated");
      return &c;
    }
    c.alarm_.Set(std::chrono::system_clock::now() + kMessageTimeout,
                 [weak = std::weak_ptr<Call>(call)](bool ok) {
                   if (!ok) return;
                   if (const auto late = weak.lock()) late->GiveUp();
                 });
    c.StartRead(&c.request_);
    return &c;
  }

 private:
  void Refuse(std::string_view error) {
    service_.count_(error);
    Finish(StatusOfError(error));
  }

  void GiveUp() {
    MutexLock lock(mutex_);
    if (came_ || done_) return;
    service_.count_("too_slow");
    // OnDone() waits for the lock, so the context is there.
    context_.TryCancel();
  }

  void OnReadDone(bool ok) override {
    {
      MutexLock lock(mutex_);
      came_ = true;
    }
    alarm_.Cancel();
    if (!ok) return Finish(StatusOfError("malformed"));
    Finish(handler_(request_, response_));
  }

  void OnDone() override {
    {
      MutexLock lock(mutex_);
      done_ = true;
    }
    alarm_.Cancel();
    // The last use of this object, unless the alarm is about to see that.
    const std::shared_ptr<Call> last = std::move(self_);
  }

  grpc::CallbackServerContext& context_;
  grpc::ByteBuffer& response_;
  const WholeMessageService& service_;
  const Handler& handler_;
  grpc::ByteBuffer request_;
  std::shared_ptr<Call> self_;
  grpc::Alarm alarm_;
  Mutex mutex_;
  bool came_ ABSL_GUARDED_BY(mutex_) = false;
  bool done_ ABSL_GUARDED_BY(mutex_) = false;
};

void WholeMessageService::AddCall(const char* path, const TokenCheck& token,
                                  Handler handler) {
  using grpc::internal::RpcMethod;
  AddMethod(new grpc::internal::RpcServiceMethod(
      path, RpcMethod::CLIENT_STREAMING, nullptr));
  MarkMethodRawCallback(
      calls_++,
      new grpc::internal::CallbackClientStreamingHandler<grpc::ByteBuffer,
                                                         grpc::ByteBuffer>(
          [this, &token, handler = std::move(handler)](
              grpc::CallbackServerContext* context,
              grpc::ByteBuffer* response) {
            return Call::Begin(
                std::make_shared<Call>(*context, *response, *this, handler),
                token);
          }));
}

}  // namespace reasonwatch
