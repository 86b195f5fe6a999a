// SPDX-License-Identifier: Apache-2.0
#include "tap/ext_proc/ext_proc_tap.h"

#include <functional>
#include <optional>
#include <string_view>
#include <utility>

#include "tap/ext_proc/service.h"
#include "tap/grpc/guests.h"
#include "tap/grpc/token.h"
#include "tap/intake.h"
#include "util/status_macros.h"

namespace reasonwatch {

class ExtProcTap::Impl {
 public:
  Impl(const ExtProcOptions& options, std::string token_file,
       TapContext context)
      : options_(options),
        token_file_(std::move(token_file)),
        guests_(context.guests),
        on_notice_(context.on_notice),
        intake_(std::move(context)) {}

  absl::Status Start() {
    RW_ASSIGN_OR_RETURN(TokenCheck token, TokenCheck::FromFile(token_file_));
    service_.emplace(intake_, options_, std::move(token), on_notice_);
    if (guests_ != nullptr)
      guests_->Add(*service_, "envoy.service.ext_proc.v3.ExternalProcessor");
    return absl::OkStatus();
  }
  void Stop(absl::Duration deadline) {
    if (service_.has_value()) service_->Stop(deadline / 3);
  }
  TapCounters Counters() const { return intake_.Counters(); }

 private:
  const ExtProcOptions options_;
  const std::string token_file_;
  const std::shared_ptr<GrpcGuests> guests_;
  const std::function<void(std::string_view)> on_notice_;
  TapIntake intake_;
  std::optional<ExtProcService> service_;
};

ExtProcTap::ExtProcTap(const ExtProcOptions& options, std::string token_file,
                       TapContext context)
    : impl_(std::make_unique<Impl>(options, std::move(token_file),
                                   std::move(context))) {}
ExtProcTap::~ExtProcTap() = default;
absl::Status ExtProcTap::Start() { return impl_->Start(); }
void ExtProcTap::Stop(absl::Duration deadline) { impl_->Stop(deadline); }
TapCounters ExtProcTap::Counters() const { return impl_->Counters(); }

}  // namespace reasonwatch
