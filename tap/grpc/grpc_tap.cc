// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/grpc_tap.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_format.h"
#include "tap/grpc/guests.h"
#include "tap/grpc/limits.h"
#include "tap/grpc/server.h"
#include "tap/grpc/service.h"
#include "tap/grpc/token.h"
#include "tap/intake.h"
#include "util/mutex.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// A deadline of centuries would overflow the clock's range.
std::chrono::system_clock::time_point DeadlineAfter(absl::Duration duration) {
  return std::chrono::system_clock::now() +
         absl::ToChronoMilliseconds(
             std::clamp(duration, absl::ZeroDuration(), absl::Hours(24)));
}

}  // namespace

class GrpcTap::Impl {
 public:
  Impl(GrpcTapOptions options, TapContext context)
      : options_(std::move(options)),
        guests_(context.guests),
        intake_(std::move(context)) {}
  ~Impl() { Stop(absl::ZeroDuration()); }

  absl::Status Start() {
    RW_RETURN_IF_ERROR(CheckOptions(options_));
    RW_ASSIGN_OR_RETURN(TokenCheck token,
                        TokenCheck::FromFile(options_.token_file));
    service_.emplace(intake_, raw_tap_, options_, std::move(token));
    std::span<const GrpcGuest> guests;
    if (guests_ != nullptr) guests = guests_->all();
    RW_RETURN_IF_ERROR(StartServer(options_, raw_tap_, guests, listening_));
    try {
      thread_ = std::thread([this] { service_->Run(*listening_.queue); });
    } catch (const std::system_error& error) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("can't start the tap's thread: %s", error.what()));
    }
    return absl::OkStatus();
  }

  void Stop(absl::Duration deadline) {
    MutexLock lock(stop_mutex_);
    grpc::ServerCompletionQueue* queue = listening_.queue.get();
    grpc::Server* server = listening_.server.get();
    if (std::exchange(stopped_, true) || queue == nullptr) return;
    const auto until = DeadlineAfter(deadline);
    if (thread_.joinable()) {
      listening_.port.StopAccepting();
      server->GetHealthCheckService()->SetServingStatus(false);
      // Half of the time is for the streams that keep on sending.
      service_->BeginDrain(*queue, DeadlineAfter(deadline / 2));
      server->GetHealthCheckService()->Shutdown();
      server->Shutdown(until);
      service_->ServerIsDown(*queue);
      thread_.join();
      listening_.port.Stop();
      return;
    }
    // The start failed half-way.
    if (server != nullptr) server->Shutdown(until);
    listening_.port.Stop();
    queue->Shutdown();
    void* tag = nullptr;
    bool ok = false;
    while (queue->Next(&tag, &ok)) {
    }
  }

  TapCounters Counters() const { return intake_.Counters(); }
  int bound_port() const { return listening_.port.bound_port(); }
  std::vector<PortCounts> Ports() const {
    return listening_.port.Counts("grpc");
  }
  const GrpcTapOptions& options() const { return options_; }

 private:
  const GrpcTapOptions options_;
  const std::shared_ptr<const GrpcGuests> guests_;
  TapIntake intake_;
  // gRPC asks for this order: a service outlives its server, and a queue the
  // calls and alarms on it.
  RawTap raw_tap_;
  ListeningServer listening_;
  std::optional<TapService> service_;
  std::thread thread_;

  Mutex stop_mutex_;
  bool stopped_ ABSL_GUARDED_BY(stop_mutex_) = false;
};

GrpcTap::GrpcTap(GrpcTapOptions options, TapContext context)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(context))) {}
GrpcTap::~GrpcTap() = default;
absl::Status GrpcTap::Start() { return impl_->Start(); }
void GrpcTap::Stop(absl::Duration deadline) { impl_->Stop(deadline); }
TapCounters GrpcTap::Counters() const { return impl_->Counters(); }
std::vector<PortCounts> GrpcTap::Ports() const { return impl_->Ports(); }
int GrpcTap::BoundPort() const { return impl_->bound_port(); }
TapEndpoints GrpcTap::Endpoints() const {
  return {{"tap_port", std::to_string(BoundPort())},
          {"tap_unix", impl_->options().unix_socket}};
}

}  // namespace reasonwatch
