// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/otlp_tap.h"

#include <chrono>
#include <condition_variable>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_format.h"
#include "tap/grpc/token.h"
#include "tap/intake.h"
#include "tap/otlp/grpc_server.h"
#include "tap/otlp/http_server.h"
#include "tap/otlp/receiver.h"
#include "tap/otlp/requests.h"
#include "util/mutex.h"
#include "util/secret.h"
#include "util/status_macros.h"

namespace reasonwatch {
namespace {

// How often the records that wait are looked through.
constexpr std::chrono::milliseconds kTick{250};

JoinLimits LimitsOf(const OtlpTapOptions& options) {
  JoinLimits limits;
  limits.wait = absl::ToChronoMilliseconds(options.join_wait);
  return limits;
}

}  // namespace

class OtlpTap::Impl {
 public:
  Impl(OtlpTapOptions options, TapContext context)
      : options_(std::move(options)),
        intake_(std::move(context)),
        receiver_(intake_, LimitsOf(options_)),
        requests_(intake_, receiver_, options_.max_message_bytes) {}
  ~Impl() { Stop(absl::ZeroDuration()); }

  absl::Status Start() {
    RW_ASSIGN_OR_RETURN(const TokenCheck token,
                        TokenCheck::FromFile(options_.token_file));
    if (!options_.grpc_listen.empty()) {
      RW_ASSIGN_OR_RETURN(grpc_,
                          OtlpGrpcServer::Start(options_, token, requests_));
    }
    if (!options_.http_listen.empty()) {
      std::string secret;
      if (!options_.token_file.empty()) {
        RW_ASSIGN_OR_RETURN(secret, ReadSecret(options_.token_file));
        secret = std::string(absl::StripAsciiWhitespace(secret));
      }
      RW_ASSIGN_OR_RETURN(
          http_, StartOtlpHttpServer(options_, std::move(secret), requests_));
    }
    try {
      thread_ = std::thread([this] { Run(); });
    } catch (const std::system_error& error) {
      return absl::ResourceExhaustedError(
          absl::StrFormat("can't start the tap's thread: %s", error.what()));
    }
    return absl::OkStatus();
  }

  void Stop(absl::Duration deadline) {
    MutexLock lock(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
    if (grpc_ != nullptr) grpc_->Stop(deadline);
    if (http_ != nullptr) http_->Stop();
    {
      MutexLock waking(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    if (thread_.joinable()) thread_.join();
    receiver_.Expire(std::chrono::steady_clock::now(), /*all=*/true);
  }

  TapCounters Counters() const { return intake_.Counters(); }
  int grpc_port() const { return grpc_ == nullptr ? 0 : grpc_->BoundPort(); }
  int http_port() const { return http_ == nullptr ? 0 : http_->BoundPort(); }
  std::vector<PortCounts> ports() const {
    std::vector<PortCounts> all;
    if (grpc_ != nullptr) all = grpc_->Ports();
    if (http_ != nullptr) all.push_back(http_->Counts());
    return all;
  }

 private:
  void Run() {
    for (;;) {
      {
        MutexLock lock(mutex_);
        if (!stopping_) wake_.wait_for(mutex_, kTick);
        if (stopping_) return;
      }
      receiver_.Expire(std::chrono::steady_clock::now());
    }
  }

  const OtlpTapOptions options_;
  TapIntake intake_;
  OtlpReceiver receiver_;
  OtlpRequests requests_;
  std::unique_ptr<OtlpGrpcServer> grpc_;
  std::unique_ptr<OtlpHttpServer> http_;
  std::thread thread_;

  Mutex mutex_;
  std::condition_variable_any wake_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  Mutex stop_mutex_;
  bool stopped_ ABSL_GUARDED_BY(stop_mutex_) = false;
};

OtlpTap::OtlpTap(OtlpTapOptions options, TapContext context)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(context))) {}
OtlpTap::~OtlpTap() = default;
absl::Status OtlpTap::Start() { return impl_->Start(); }
void OtlpTap::Stop(absl::Duration deadline) { impl_->Stop(deadline); }
TapCounters OtlpTap::Counters() const { return impl_->Counters(); }
int OtlpTap::GrpcPort() const { return impl_->grpc_port(); }
std::vector<PortCounts> OtlpTap::Ports() const { return impl_->ports(); }
int OtlpTap::HttpPort() const { return impl_->http_port(); }
TapEndpoints OtlpTap::Endpoints() const {
  TapEndpoints endpoints;
  if (GrpcPort() != 0)
    endpoints.emplace_back("otlp_grpc_port", std::to_string(GrpcPort()));
  if (HttpPort() != 0)
    endpoints.emplace_back("otlp_http_port", std::to_string(HttpPort()));
  return endpoints;
}

}  // namespace reasonwatch
