// SPDX-License-Identifier: Apache-2.0
#include "tap/exchange/content_decoder.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "util/ascii.h"

namespace reasonwatch {
namespace {

enum class Encoding : uint8_t { kIdentity, kGzip, kDeflate, kUnknown };

Encoding EncodingOf(std::string_view name) {
  name = ascii::Trim(name);
  if (name.empty() || ascii::EqualsIgnoringCase(name, "identity"))
    return Encoding::kIdentity;
  if (ascii::EqualsIgnoringCase(name, "gzip") ||
      ascii::EqualsIgnoringCase(name, "x-gzip"))
    return Encoding::kGzip;
  if (ascii::EqualsIgnoringCase(name, "deflate")) return Encoding::kDeflate;
  return Encoding::kUnknown;
}

constexpr int kWindowBits = 15;  // zlib: its largest window, which reads all
constexpr int kGzipHead = 16;    // zlib: expect gzip
constexpr int64_t kRatioFrom = 1 << 20;  // decoded bytes

}  // namespace

struct ContentDecoder::Impl {
  Impl(std::string_view name, ContentLimits content_limits)
      : encoding(EncodingOf(name)), limits(content_limits) {
    if (encoding == Encoding::kUnknown)
      status = absl::UnimplementedError("unsupported_encoding");
  }
  ~Impl() {
    if (open) inflateEnd(&stream);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  absl::Status Fail(absl::Status why) {
    status = std::move(why);
    return status;
  }

  bool Open(int window_bits) {
    if (open) inflateEnd(&stream);
    stream = z_stream{};
    open = inflateInit2(&stream, window_bits) == Z_OK;
    return open;
  }

  // A "deflate" body should begin with zlib's head, and often does not.
  bool Begin(unsigned char first) {
    if (encoding == Encoding::kGzip) return Open(kWindowBits + kGzipHead);
    constexpr unsigned kDeflateMethod = 8;  // RFC 1950: CM
    return Open((first & 0x0Fu) == kDeflateMethod ? kWindowBits : -kWindowBits);
  }

  absl::Status Append(std::string_view piece, std::string& out) {
    decoded += static_cast<int64_t>(piece.size());
    if (decoded > limits.bytes ||
        (decoded > kRatioFrom && decoded / limits.ratio > encoded))
      return Fail(absl::ResourceExhaustedError("body_too_large"));
    out.append(piece);
    return absl::OkStatus();
  }

  absl::Status Inflate(std::string_view bytes, std::string& out);

  const Encoding encoding;
  const ContentLimits limits;
  absl::Status status;
  z_stream stream = {};
  bool open = false;
  bool ended = true;  // between members, or before the first
  int64_t encoded = 0;
  int64_t decoded = 0;
};

absl::Status ContentDecoder::Impl::Inflate(std::string_view bytes,
                                           std::string& out) {
  std::array<unsigned char, 16384> room;
  while (!bytes.empty()) {
    if (ended) {
      // Servers pad the end of a body with zeros.
      if (open && bytes.front() == '\0') {
        bytes.remove_prefix(1);
        continue;
      }
      if (!Begin(static_cast<unsigned char>(bytes.front())))
        return Fail(absl::DataLossError("malformed_encoding"));
      ended = false;
    }
    const size_t piece =
        std::min<size_t>(bytes.size(), std::numeric_limits<uInt>::max());
    // zlib reads only, but its type is not const.
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(piece);
    do {
      stream.next_out = room.data();
      stream.avail_out = static_cast<uInt>(room.size());
      const int result = inflate(&stream, Z_SYNC_FLUSH);
      if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR)
        return Fail(absl::DataLossError("malformed_encoding"));
      const size_t made = room.size() - stream.avail_out;
      if (absl::Status s =
              Append({reinterpret_cast<const char*>(room.data()), made}, out);
          !s.ok())
        return s;
      ended = result == Z_STREAM_END;
      if (ended || (result == Z_BUF_ERROR && made == 0)) break;
    } while (stream.avail_in > 0 || stream.avail_out == 0);
    bytes.remove_prefix(piece - stream.avail_in);
  }
  return absl::OkStatus();
}

ContentDecoder::ContentDecoder(std::string_view encoding, ContentLimits limits)
    : impl_(std::make_unique<Impl>(encoding, limits)) {}
ContentDecoder::~ContentDecoder() = default;
ContentDecoder::ContentDecoder(ContentDecoder&&) noexcept = default;
ContentDecoder& ContentDecoder::operator=(ContentDecoder&&) noexcept = default;

bool ContentDecoder::supported() const {
  return impl_->encoding != Encoding::kUnknown;
}

absl::Status ContentDecoder::Feed(std::string_view bytes, std::string& out) {
  Impl& i = *impl_;
  if (!i.status.ok()) return i.status;
  i.encoded += static_cast<int64_t>(bytes.size());
  return i.encoding == Encoding::kIdentity ? i.Append(bytes, out)
                                           : i.Inflate(bytes, out);
}

absl::Status ContentDecoder::Finish() {
  Impl& i = *impl_;
  if (i.status.ok() && !i.ended)
    return i.Fail(absl::DataLossError("malformed_encoding"));
  return i.status;
}

}  // namespace reasonwatch
