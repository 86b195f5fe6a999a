// SPDX-License-Identifier: Apache-2.0
// One half of an exchange is its headers and its body; both halves are read
// alike, but the response may be a stream of events, which is shortened as it
// comes, and its end is the end of the exchange.
//
// In order: headers, bodies, the reader.
#include "tap/ext_proc/exchange_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "tap/exchange/content_decoder.h"
#include "tap/exchange/response_head.h"
#include "tap/ext_proc/event_stream.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using envoy::config::core::v3::HeaderMap;
using envoy::service::ext_proc::v3::HttpBody;
using envoy::service::ext_proc::v3::ProcessingRequest;
using HeadersMessage = envoy::service::ext_proc::v3::HttpHeaders;

// Envoy allows 100 headers of 60 KiB together; a longer one is no label.
constexpr size_t kMaxHeaders = 256;
constexpr size_t kMaxHeaderBytes = size_t{8} << 10;

// Kept from memory dumps, whatever the operator's forward rules let pass.
constexpr std::array<std::string_view, 7> kSecrets = {
    "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key",
    "api-key",       "x-goog-api-key"};

void ReadHeaders(HeaderMap& from, HttpHeaders& into) {
  for (auto& header : *from.mutable_headers()) {
    if (into.size() >= kMaxHeaders) return;
    std::string& value = header.raw_value().empty()
                             ? *header.mutable_value()
                             : *header.mutable_raw_value();
    std::string key = std::move(*header.mutable_key());
    for (char& c : key) c = ascii::Lower(c);
    if (key.size() > kMaxHeaderBytes || value.size() > kMaxHeaderBytes ||
        std::ranges::find(kSecrets, key) != kSecrets.end())
      continue;
    into.emplace_back(std::move(key), std::move(value));
  }
}

int64_t BytesOf(const HttpHeaders& headers) {
  int64_t bytes = 0;
  for (const auto& [key, value] : headers)
    bytes += static_cast<int64_t>(key.size() + value.size());
  return bytes;
}

int32_t StatusOf(const HttpHeaders& headers) {
  int32_t status = 0;
  for (const char c : HeaderOf(headers, ":status")) {
    constexpr int32_t kMaxStatus = 999;  // three digits
    if (!ascii::IsDigit(c) || status > kMaxStatus) return 0;
    status = status * 10 + (c - '0');
  }
  return status;
}

// A body as it comes: decoded, and kept up to a limit.
class Body {
 public:
  explicit Body(int64_t max_bytes) : max_bytes_(max_bytes) {}

  void Begin(const HttpHeaders& headers) {
    ContentLimits limits;
    // The decoder's limit is against floods only: beyond ours bytes are
    // counted.
    limits.bytes = 16 * max_bytes_;
    decoder_.emplace(HeaderOf(headers, "content-encoding"), limits);
  }
  bool supported() const { return !decoder_ || decoder_->supported(); }

  // The decoded bytes, valid until the next call. An encoding that breaks off
  // gives what came before, and false.
  bool Decode(std::string_view encoded, std::string_view& plain) {
    piece_.clear();
    if (!decoder_) decoder_.emplace("");
    const bool good = decoder_->Feed(encoded, piece_).ok();
    plain = piece_;
    return good;
  }
  void Append(std::string_view plain) {
    const auto room = static_cast<size_t>(max_bytes_) -
                      std::min<size_t>(text_.size(), max_bytes_);
    text_ += plain.substr(0, room);
    dropped_ +=
        static_cast<int64_t>(plain.size() - std::min(room, plain.size()));
  }

  std::string& text() { return text_; }
  int64_t dropped_bytes() const { return dropped_; }
  int64_t held_bytes() const {
    return static_cast<int64_t>(text_.capacity() + piece_.capacity());
  }

 private:
  const int64_t max_bytes_;
  std::optional<ContentDecoder> decoder_;
  std::string piece_;
  std::string text_;
  int64_t dropped_ = 0;
};

}  // namespace

struct ExchangeReader::Impl {
  explicit Impl(int64_t max_body_bytes)
      : max_bytes(max_body_bytes), request(max_bytes), response(max_bytes) {}

  void Skip(std::string_view why, bool of_request) {
    state = State::kSkipped;
    skipped = why;
    skipped_request = of_request;
  }

  void ReadRequestHeaders(HeadersMessage& message) {
    if (request_headers_came) return;
    request_headers_came = true;
    request_body_follows = !message.end_of_stream();
    ReadHeaders(*message.mutable_headers(), exchange.request_headers);
    header_bytes += BytesOf(exchange.request_headers);
    exchange.method = HeaderOf(exchange.request_headers, ":method");
    exchange.path = HeaderOf(exchange.request_headers, ":path");
    const std::string_view why = SkippedRequest(exchange.method, exchange.path);
    if (!why.empty()) return Skip(why, /*of_request=*/true);
    request.Begin(exchange.request_headers);
  }

  // A request that can't be decoded leaves a response without a prompt.
  void ReadRequestBody(const HttpBody& message) {
    request_body_came = true;
    std::string_view plain;
    if (!request.supported()) return;
    request.Decode(message.body(), plain);
    request.Append(plain);
  }

  void ReadResponseHeaders(HeadersMessage& message) {
    // Headers before it are of an interim answer, e.g. 103.
    exchange.response_headers.clear();
    response_headers_came = true;
    response_body_follows = !message.end_of_stream();
    ReadHeaders(*message.mutable_headers(), exchange.response_headers);
    header_bytes += BytesOf(exchange.response_headers);
    exchange.status = StatusOf(exchange.response_headers);
    constexpr int32_t kSwitchingProtocols = 101;  // RFC 9110: 101
    if (exchange.status == kSwitchingProtocols)
      return Skip("upgrade", /*of_request=*/true);
    response.Begin(exchange.response_headers);
    if (!response.supported())
      return Skip("unsupported_encoding", /*of_request=*/false);
    if (message.end_of_stream()) End();
  }

  void ReadResponseBody(const HttpBody& message) {
    response_body_came = true;
    std::string_view plain;
    if (!response.Decode(message.body(), plain)) broken_encoding = true;
    Append(plain);
    if (message.end_of_stream() || (events && events->ended())) End();
  }

  void Append(std::string_view plain) {
    if (events) return events->Feed(plain);
    response.Append(plain);
    if (framing_known) return;
    // The first bytes that are not white space show a stream of events.
    const std::string_view text = response.text();
    const size_t first = text.find_first_not_of(" \t\r\n");
    constexpr size_t kLongestField = 6;  // "event:"
    if (first == std::string_view::npos ||
        (text[first] != '{' && text[first] != '[' &&
         text.size() - first < kLongestField))
      return;
    framing_known = true;
    if (BodyTypeOf(HeaderOf(exchange.response_headers, "content-type"), text) !=
            BodyType::kSse ||
        text[first] == '{' || text[first] == '[')
      return;
    events.emplace(static_cast<size_t>(max_bytes));
    events->Feed(std::exchange(response.text(), std::string()));
  }

  void End() { state = State::kEnded; }

  const int64_t max_bytes;
  HttpExchange exchange;
  int64_t header_bytes = 0;
  Body request;
  Body response;
  std::optional<EventStream> events;
  State state = State::kOpen;
  std::string_view skipped;
  bool skipped_request = false;
  bool framing_known = false;
  bool broken_encoding = false;
  bool request_headers_came = false;
  bool request_body_follows = false;
  bool request_body_came = false;
  bool response_headers_came = false;
  bool response_body_follows = false;
  bool response_body_came = false;
};

ExchangeReader::ExchangeReader(int64_t max_body_bytes)
    : impl_(std::make_unique<Impl>(max_body_bytes)) {}
ExchangeReader::~ExchangeReader() = default;

void ExchangeReader::Read(ProcessingRequest& message, absl::Time now) {
  Impl& i = *impl_;
  if (i.state != State::kOpen) return;
  if (i.exchange.start == absl::InfinitePast()) i.exchange.start = now;
  i.exchange.end = std::max(i.exchange.end, now);
  switch (message.request_case()) {
    case ProcessingRequest::kRequestHeaders:
      return i.ReadRequestHeaders(*message.mutable_request_headers());
    case ProcessingRequest::kRequestBody:
      return i.ReadRequestBody(message.request_body());
    case ProcessingRequest::kResponseHeaders:
      return i.ReadResponseHeaders(*message.mutable_response_headers());
    case ProcessingRequest::kResponseBody:
      return i.ReadResponseBody(message.response_body());
    case ProcessingRequest::kResponseTrailers:
      return i.End();
    case ProcessingRequest::kRequestTrailers:
    case ProcessingRequest::REQUEST_NOT_SET:
      return;
  }
}

ExchangeReader::State ExchangeReader::state() const { return impl_->state; }
std::string_view ExchangeReader::skipped() const { return impl_->skipped; }
bool ExchangeReader::skipped_request() const { return impl_->skipped_request; }

int64_t ExchangeReader::held_bytes() const {
  const Impl& i = *impl_;
  return i.request.held_bytes() + i.response.held_bytes() + i.header_bytes +
         (i.events ? static_cast<int64_t>(i.events->held_bytes()) : 0);
}

bool ExchangeReader::has_response() const {
  return impl_->response_headers_came;
}
bool ExchangeReader::lacks_request_body() const {
  return impl_->request_body_follows && !impl_->request_body_came;
}
bool ExchangeReader::lacks_response_body() const {
  return impl_->response_body_follows && !impl_->response_body_came;
}
bool ExchangeReader::request_too_large() const {
  return impl_->request.dropped_bytes() > 0;
}

bool ExchangeReader::encoding_broke() const { return impl_->broken_encoding; }

HttpExchange ExchangeReader::Release() {
  Impl& i = *impl_;
  HttpExchange& exchange = i.exchange;
  if (i.events) {
    i.events->End();
    exchange.response_body = i.events->Release();
    exchange.dropped_bytes = i.events->dropped_bytes();
  } else {
    exchange.response_body = std::move(i.response.text());
    exchange.dropped_bytes = i.response.dropped_bytes();
  }
  // A request that was cut is no JSON.
  if (i.request.dropped_bytes() == 0)
    exchange.request_body = std::move(i.request.text());
  const bool whole = i.state == State::kEnded && !i.broken_encoding;
  if (!whole && !(i.events && i.events->finished()))
    exchange.transport_end = i.broken_encoding && i.state == State::kEnded
                                 ? TransportEnd::kUpstreamReset
                                 : TransportEnd::kClientAbort;
  return std::move(exchange);
}

}  // namespace reasonwatch
