// SPDX-License-Identifier: Apache-2.0
// envoy.service.ext_proc.v3.ExternalProcessor: one stream is one HTTP exchange.
#ifndef REASONWATCH_TAP_EXT_PROC_SERVICE_H_
#define REASONWATCH_TAP_EXT_PROC_SERVICE_H_

#include <grpcpp/support/server_callback.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>

#include "absl/time/time.h"
#include "envoy/service/ext_proc/v3/external_processor.grpc.pb.h"
#include "tap/ext_proc/options.h"
#include "tap/grpc/token.h"
#include "tap/intake.h"
#include "util/mutex.h"

namespace reasonwatch {

class ExchangeReader;

// Thread-safe; must outlive its server.
class ExtProcService
    : public envoy::service::ext_proc::v3::ExternalProcessor::CallbackService {
 public:
  // Gets a constant text, at most once for each of a few mistakes of set-up.
  using OnNotice = std::function<void(std::string_view)>;

  // `intake` must outlive the service.
  ExtProcService(TapIntake& intake, const ExtProcOptions& options,
                 TokenCheck token, OnNotice on_notice);
  ~ExtProcService() override;

  // Waits until `deadline` for the exchanges under way, then gives them up and
  // waits for their calls; new ones are not read. Nothing is offered to the
  // intake afterwards.
  void Stop(absl::Duration deadline);

  grpc::ServerBidiReactor<envoy::service::ext_proc::v3::ProcessingRequest,
                          envoy::service::ext_proc::v3::ProcessingResponse>*
  Process(grpc::CallbackServerContext* context) override;

 private:
  class Call;

  // False if the exchange has to be refused: counted.
  bool Admit(const std::shared_ptr<Call>& call);
  void Forget(const std::shared_ptr<Call>& call);
  // Adds to the bytes that all calls hold; false if that is too much.
  bool Hold(int64_t bytes);
  // Hands an exchange that has ended, or was cut, to the intake.
  void Report(ExchangeReader& reader);
  void CheckBodies(const ExchangeReader& reader);
  void NoteMisconfigured();

  TapIntake& intake_;
  const ExtProcOptions options_;
  const TokenCheck token_;
  const OnNotice on_notice_;
  const std::string id_prefix_;
  std::atomic<int64_t> made_ids_ = 0;
  std::atomic<int64_t> held_bytes_ = 0;
  std::atomic<bool> noted_misconfigured_ = false;
  std::atomic<bool> bodies_seen_ = false;
  std::atomic<int64_t> without_bodies_ = 0;

  Mutex mutex_;
  std::unordered_set<std::shared_ptr<Call>> calls_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXT_PROC_SERVICE_H_
