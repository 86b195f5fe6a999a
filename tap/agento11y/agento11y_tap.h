// SPDX-License-Identifier: Apache-2.0
// agento11y's ingest: its SDKs for agents and clients report each generation in
// one unary call. A guest of the gRPC tap.
#ifndef REASONWATCH_TAP_AGENTO11Y_AGENTO11Y_TAP_H_
#define REASONWATCH_TAP_AGENTO11Y_AGENTO11Y_TAP_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/tap_counters.h"
#include "tap/agento11y/options.h"
#include "tap/tap.h"

namespace reasonwatch {

// Errors that it counts: "missing_model", "label_too_long", "failed_call",
// "no_text_no_counts" (generations), "malformed", "message_too_large",
// "unauthenticated" (calls). Each generation is answered by itself, with one of
// these names if it was not taken.
class Agento11yTap : public Tap {
 public:
  // `token_file` and `max_message_bytes` are the gRPC tap's.
  Agento11yTap(Agento11yOptions options, std::string token_file,
               int64_t max_message_bytes, TapContext context);
  ~Agento11yTap() override;

  // Leaves its service with the context's guests.
  absl::Status Start() override;
  // The gRPC tap ends the calls.
  void Stop(absl::Duration) override {}
  TapCounters Counters() const override;
  TapEndpoints Endpoints() const override { return {}; }

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_AGENTO11Y_AGENTO11Y_TAP_H_
