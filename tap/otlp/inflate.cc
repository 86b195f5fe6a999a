// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/inflate.h"

#include "absl/status/status.h"
#include "tap/exchange/content_decoder.h"

namespace reasonwatch {

bool IsGzip(std::string_view bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x1f' && bytes[1] == '\x8b';
}

std::string_view Inflate(std::string_view bytes, int64_t limit,
                         std::string& out) {
  ContentDecoder decoder("gzip", {.bytes = limit});
  absl::Status status = decoder.Feed(bytes, out);
  if (status.ok()) status = decoder.Finish();
  if (absl::IsResourceExhausted(status)) return "message_too_large";
  return status.ok() ? "" : "malformed_gzip";
}

}  // namespace reasonwatch
