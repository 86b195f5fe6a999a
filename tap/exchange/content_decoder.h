// SPDX-License-Identifier: Apache-2.0
// The content-encoding of an HTTP body, undone as its bytes come.
#ifndef REASONWATCH_TAP_EXCHANGE_CONTENT_DECODER_H_
#define REASONWATCH_TAP_EXCHANGE_CONTENT_DECODER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace reasonwatch {

struct ContentLimits {
  int64_t bytes = int64_t{64} << 20;  // of the decoded body
  // Decoded bytes for each encoded one, once 1 MiB is decoded. Deflate can
  // reach 1032; text, even a loop, stays below 200.
  int64_t ratio = 200;
};

// One body. Reads gzip (several members too), deflate (with zlib's head or
// without) and identity; output comes as soon as the encoder flushed it. One
// thread at a time.
class ContentDecoder {
 public:
  // `encoding` is the value of content-encoding, in any case; "" = identity.
  explicit ContentDecoder(std::string_view encoding, ContentLimits limits = {});
  ~ContentDecoder();
  ContentDecoder(ContentDecoder&&) noexcept;
  ContentDecoder& operator=(ContentDecoder&&) noexcept;

  // False for an encoding that it can't undo, e.g. br or zstd.
  bool supported() const;

  // Appends what `bytes` decode to. After an error every call gives the same
  // error and appends nothing; what was decoded before it is kept. The message
  // is one constant word: Unimplemented "unsupported_encoding", DataLoss
  // "malformed_encoding", ResourceExhausted "body_too_large".
  absl::Status Feed(std::string_view bytes, std::string& out);
  // DataLoss "malformed_encoding" if the body ended before its encoding did.
  absl::Status Finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_CONTENT_DECODER_H_
