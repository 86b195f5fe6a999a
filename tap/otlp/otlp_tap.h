// SPDX-License-Identifier: Apache-2.0
// The OTLP tap: spans and log events of instrumented programs, over gRPC and
// HTTP.
#ifndef REASONWATCH_TAP_OTLP_OTLP_TAP_H_
#define REASONWATCH_TAP_OTLP_OTLP_TAP_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/tap_counters.h"
#include "tap/otlp/options.h"
#include "tap/tap.h"

namespace reasonwatch {

// Errors that it counts: "missing_model", "label_too_long", "failed_call",
// "no_text_no_counts", "event_without_span" (records), "malformed",
// "malformed_gzip", "message_too_large", "too_slow", "unauthenticated",
// "unsupported_content_type", "metrics_not_read" (calls), "bad_id", "bad_time"
// (fields), "join_overflow" (responses that did not wait for all their
// records). Ignores "repeated": records of a response that was counted already.
class OtlpTap : public Tap {
 public:
  OtlpTap(OtlpTapOptions options, TapContext context);
  ~OtlpTap() override;

  absl::Status Start() override;
  // Hands over the records that still wait for others.
  void Stop(absl::Duration deadline) override;
  TapCounters Counters() const override;
  // "otlp_grpc_port" and "otlp_http_port", of those that are on.
  TapEndpoints Endpoints() const override;
  std::vector<PortCounts> Ports() const override;

  int GrpcPort() const;  // 0 if it is off
  int HttpPort() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_OTLP_TAP_H_
