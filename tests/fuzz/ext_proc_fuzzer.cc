// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the messages of one ext_proc stream: each message is a
// byte of length and kind, then its body; or, with the first byte 0xFF, a
// message on the wire. The exchange must be bounded, and whole or cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "tap/exchange/exchange.h"
#include "tap/ext_proc/exchange_reader.h"
#include "tests/tap/ext_proc_messages.h"

namespace {

using reasonwatch::ExchangeReader;
using reasonwatch::ExtProcMessage;

constexpr int64_t kLimit = 4096;

ExtProcMessage MessageOf(unsigned kind, std::string_view body) {
  const bool end = (kind & 8) != 0;
  // A header's name and value are cut at the first NUL.
  const size_t cut = std::min(body.find('\0'), body.size());
  const reasonwatch::HeaderList headers = {
      {std::string(body.substr(0, cut)),
       std::string(body.substr(std::min(cut + 1, body.size())))}};
  switch (kind & 7) {
    case 0:
      return reasonwatch::RequestHeaders(headers, std::string(body), end);
    case 1:
      return reasonwatch::RequestHeaders(headers, "/v1/chat/completions", end);
    case 2:
      return reasonwatch::RequestBody(body, end);
    case 3:
      return reasonwatch::ResponseHeaders(headers, end);
    case 4:
      return reasonwatch::ResponseHeaders(reasonwatch::kEvents, end);
    case 5:
      return reasonwatch::ResponseTrailers();
    default:
      return reasonwatch::ResponseBody(body, end);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view left(reinterpret_cast<const char*>(data), size);
  ExchangeReader reader(kLimit);
  absl::Time now = absl::FromUnixSeconds(1'800'000'000);
  bool whole = false;
  while (!left.empty()) {
    const auto head = static_cast<uint8_t>(left.front());
    left.remove_prefix(1);
    const size_t length =
        std::min<size_t>(size_t{head} & ~size_t{15}, left.size());
    ExtProcMessage message;
    if (head == 0xFF) {
      if (!message.ParseFromArray(left.data(), static_cast<int>(left.size())))
        return 0;
      left = {};
    } else {
      message = MessageOf(head & 15u, left.substr(0, length));
      left.remove_prefix(length);
    }
    now += absl::Seconds(1);
    reader.Read(message, now);
    if (whole && reader.state() != ExchangeReader::State::kEnded) abort();
    whole = reader.state() == ExchangeReader::State::kEnded;
    if (reader.held_bytes() > int64_t{1} << 22) abort();
  }
  reasonwatch::HttpExchange exchange = reader.Release();
  if (exchange.request_body.size() > kLimit) abort();
  if (exchange.end > now) abort();
  const auto read = reasonwatch::ReadHttpExchange(std::move(exchange));
  if (read.ok() && read->response.model.empty()) abort();
  return 0;
}
