// SPDX-License-Identifier: Apache-2.0
// Any exchange. The first byte chooses path, headers, the connection's end and
// an encoding of the response; a line with "===" parts the request from the
// response.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tap/exchange/content_decoder.h"
#include "tap/exchange/exchange.h"

namespace {

void Check(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  const uint8_t head = data[0];
  const std::string_view text(reinterpret_cast<const char*>(data) + 1,
                              size - 1);
  constexpr std::string_view kLine = "\n===\n";
  const size_t at = text.find(kLine);
  constexpr std::array<std::string_view, 4> kPaths = {
      "", "/v1/chat/completions", "/v1beta/models/m:generateContent", "/x"};
  constexpr std::array<std::string_view, 4> kEncodings = {"", "gzip", "deflate",
                                                          "br"};
  reasonwatch::HttpExchange exchange;
  exchange.path = std::string(kPaths[head & 3]);
  exchange.transport_end = (head & 4) != 0
                               ? reasonwatch::TransportEnd::kClientAbort
                               : reasonwatch::TransportEnd::kComplete;
  exchange.request_body = std::string(text.substr(0, at));
  if (at != text.npos) {
    const std::string_view body = text.substr(at + kLine.size());
    reasonwatch::ContentLimits limits;
    limits.bytes = 1 << 16;
    reasonwatch::ContentDecoder decoder(kEncodings[head >> 3 & 3], limits);
    std::string whole;
    decoder.Feed(body, whole).IgnoreError();
    std::string pieces;
    reasonwatch::ContentDecoder again(kEncodings[head >> 3 & 3], limits);
    for (const char c : body) {
      if (!again.Feed({&c, 1}, pieces).ok()) break;
    }
    // One that stops at its bound keeps the bytes before it.
    Check(whole.size() <= static_cast<size_t>(limits.bytes));
    Check(pieces.starts_with(whole) || whole.starts_with(pieces));
    exchange.response_body = whole;
  }
  if ((head & 32) != 0)
    exchange.request_headers = {{"x-request-id", exchange.request_body},
                                {"traceparent", exchange.request_body}};
  const auto read = reasonwatch::ReadHttpExchange(exchange);
  if (!read.ok()) {
    Check(!read.status().message().empty());
    return 0;
  }
  Check(!read->response.model.empty());
  Check(read->response.id.size() <= reasonwatch::kMaxLabelBytes);
  Check(read->response.sampling.n >= 1);
  Check(read->response.intent.max_tokens >= 0);
  Check(read->bytes >= static_cast<int64_t>(read->response.body.size()));
  return 0;
}
