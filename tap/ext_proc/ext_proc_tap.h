// SPDX-License-Identifier: Apache-2.0
// The ext_proc tap: Envoy shows it the traffic of a model server, request and
// response, while both pass. It is a guest of the gRPC tap.
#ifndef REASONWATCH_TAP_EXT_PROC_EXT_PROC_TAP_H_
#define REASONWATCH_TAP_EXT_PROC_EXT_PROC_TAP_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/tap_counters.h"
#include "tap/ext_proc/options.h"
#include "tap/tap.h"

namespace reasonwatch {

// Errors that it counts, besides those of an exchange's own words
// (tap/exchange/exchange.h): "unsupported_encoding", "memory_full"
// (records); "malformed_encoding", "invalid_utf8", "request_unread",
// "request_too_large" (parts of a record); "unauthenticated",
// "too_many_exchanges", "memory_full", "cut_by_stop" (calls); "misconfigured"
// (messages of an Envoy that waits for answers), "no_bodies" (once).
class ExtProcTap : public Tap {
 public:
  // `token_file`: as in GrpcTapOptions.
  ExtProcTap(const ExtProcOptions& options, std::string token_file,
             TapContext context);
  ~ExtProcTap() override;

  // Leaves the service with TapContext::guests; the gRPC tap opens the port.
  absl::Status Start() override;
  // Gives exchanges under way a third of the time: others wait behind it.
  void Stop(absl::Duration deadline) override;
  TapCounters Counters() const override;
  TapEndpoints Endpoints() const override { return {}; }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXT_PROC_EXT_PROC_TAP_H_
