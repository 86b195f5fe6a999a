// SPDX-License-Identifier: Apache-2.0
// The gRPC tap: reasonwatch.v1.Tap with health and reflection services, and the
// services that other taps left as guests.
#ifndef REASONWATCH_TAP_GRPC_GRPC_TAP_H_
#define REASONWATCH_TAP_GRPC_GRPC_TAP_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/tap_counters.h"
#include "tap/grpc/options.h"
#include "tap/tap.h"

namespace reasonwatch {

// One thread serves all calls and calls the sink. Errors that it counts:
// "malformed", "missing_model", "label_too_long", "message_too_large"
// (records), "invalid_utf8" (text fields that were repaired),
// "unauthenticated", "too_many_streams", "cancelled" (calls; the last if the
// client went away before its answer).
class GrpcTap : public Tap {
 public:
  GrpcTap(GrpcTapOptions options, TapContext context);
  ~GrpcTap() override;

  // Unavailable also if another process serves the socket.
  absl::Status Start() override;
  // A stream that pauses is ended before the deadline, with UNAVAILABLE. The
  // health service answers NOT_SERVING from the beginning of the call.
  void Stop(absl::Duration deadline) override;
  TapCounters Counters() const override;
  // "tap_port" and "tap_unix".
  TapEndpoints Endpoints() const override;
  std::vector<PortCounts> Ports() const override;

  int BoundPort() const;  // of `listen`; 0 if it is off

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_GRPC_TAP_H_
