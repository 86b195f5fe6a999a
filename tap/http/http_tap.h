// SPDX-License-Identifier: Apache-2.0
// Responses that are posted to the daemon's HTTP server, which daemon/api runs:
// rows of our own form, LiteLLM's generic_api, and the other formats of
// tap/jsonl.
#ifndef REASONWATCH_TAP_HTTP_HTTP_TAP_H_
#define REASONWATCH_TAP_HTTP_HTTP_TAP_H_

#include <memory>

#include "core/ingest.h"
#include "tap/http/options.h"
#include "tap/tap.h"

namespace reasonwatch {

// Thread-safe. Before Start() and after Stop() every request is answered 503.
//
// The answer is 202 with {"accepted", "dropped", "errors": [{"line",
// "reason"}], "unknown_keys": {KEY: rows}}: what could be read counts, whatever
// else the body holds. 400 if nothing could be read; 429 if the queue took
// nothing, or if it did not take all within the wait: then "next_line" says
// where to go on. Lines count from 1; in an array they are its elements. At
// most 100 errors are named and all are counted in "errors_total".
class HttpTap : public Tap, public IngestPort {
 public:
  HttpTap(HttpTapOptions options, TapContext context);
  ~HttpTap() override;

  absl::Status Start() override;
  void Stop(absl::Duration deadline) override;
  TapCounters Counters() const override;
  TapEndpoints Endpoints() const override { return {}; }
  IngestPort* Ingest() override { return this; }

  IngestAnswer Receive(const IngestRequest& request) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_HTTP_HTTP_TAP_H_
