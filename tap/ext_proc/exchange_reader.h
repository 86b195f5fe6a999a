// SPDX-License-Identifier: Apache-2.0
// The messages of one stream, put together to one HTTP exchange.
#ifndef REASONWATCH_TAP_EXT_PROC_EXCHANGE_READER_H_
#define REASONWATCH_TAP_EXT_PROC_EXCHANGE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "absl/time/time.h"
#include "envoy/service/ext_proc/v3/external_processor.pb.h"
#include "tap/exchange/exchange.h"

namespace reasonwatch {

// Takes the messages in any order and any number; nothing that they hold makes
// it fail. Headers that carry secrets are not kept. One thread at a time.
class ExchangeReader {
 public:
  enum class State : uint8_t {
    kOpen,    // more is to come
    kEnded,   // the response has ended: nothing of interest follows
    kSkipped  // no exchange that we read; skipped() says why
  };

  // `max_body_bytes`: of the request, and of the response as it is kept.
  explicit ExchangeReader(int64_t max_body_bytes);
  ~ExchangeReader();

  // Reads one message, whose bytes it may move away; messages that come after
  // the state has left kOpen change nothing.
  void Read(envoy::service::ext_proc::v3::ProcessingRequest& message,
            absl::Time now);

  State state() const;
  // A word of SkippedRequest(), "upgrade" or "unsupported_encoding"; "" = not
  // skipped. The last one loses a response, the others are no exchange with a
  // model.
  std::string_view skipped() const;
  bool skipped_request() const;  // false for the last one

  // About the memory of the object, in bytes.
  int64_t held_bytes() const;

  bool has_response() const;  // its headers came
  // Headers that announced a body came, and no body did, of the request and of
  // the response.
  bool lacks_request_body() const;
  bool lacks_response_body() const;
  bool request_too_large() const;  // its body was given up
  bool encoding_broke() const;     // the response's, in the middle

  // The exchange as far as it got. If its end never came, it is left by the
  // client or cut by the upstream, and ended with its last message. Call once.
  HttpExchange Release();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXT_PROC_EXCHANGE_READER_H_
