// SPDX-License-Identifier: Apache-2.0
// A frame is a prelude (its length, the length of its headers, a checksum of
// the two), headers, a payload, and a checksum of all before it; numbers are
// big-endian. Whole frames are read where they lie; only one that a chunk's end
// cuts is copied.
//
// In order: numbers, headers, the line of a frame, the class.
#include "tap/exchange/event_frames.h"

#include <zlib.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "simdjson.h"
#include "tap/exchange/json.h"
#include "util/ascii.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr size_t kPrelude = 12;
constexpr size_t kChecksum = 4;

uint32_t NumberAt(std::string_view bytes, size_t at, size_t size) {
  uint32_t number = 0;
  for (size_t i = 0; i < size; ++i)
    number = number << 8 | static_cast<unsigned char>(bytes[at + i]);
  return number;
}

uint32_t ChecksumOf(std::string_view bytes) {
  return static_cast<uint32_t>(
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

// The headers that name the kind of a frame.
struct Headers {
  std::string_view message_type;  // event, exception, error
  std::string_view name;          // of the event, exception or error
  std::string_view message;       // of an error
};

// Bytes of a header's value by its type; 2-byte lengths come before text and
// bytes. -1: no such type.
int SizeOfType(unsigned type) {
  constexpr int kSizes[] = {0, 0, 1, 2, 4, 8, 0, 0, 8, 16};
  return type < std::size(kSizes) ? kSizes[type] : -1;
}

// False if they don't fill their room.
bool ReadHeaders(std::string_view bytes, Headers& headers) {
  constexpr unsigned kBytes = 6;
  constexpr unsigned kText = 7;
  while (!bytes.empty()) {
    const size_t name_size = NumberAt(bytes, 0, 1);
    if (bytes.size() < name_size + 2) return false;
    const std::string_view name = bytes.substr(1, name_size);
    const unsigned type = NumberAt(bytes, 1 + name_size, 1);
    bytes.remove_prefix(name_size + 2);
    if (SizeOfType(type) < 0) return false;
    auto size = static_cast<size_t>(SizeOfType(type));
    if (type == kBytes || type == kText) {
      if (bytes.size() < 2) return false;
      size = NumberAt(bytes, 0, 2);
      bytes.remove_prefix(2);
    }
    if (bytes.size() < size) return false;
    const std::string_view value = bytes.substr(0, size);
    bytes.remove_prefix(size);
    if (type != kText) continue;
    if (name == ":message-type") headers.message_type = value;
    if (name == ":event-type" || name == ":exception-type" ||
        name == ":error-code")
      headers.name = value;
    if (name == ":error-message") headers.message = value;
  }
  return true;
}

// Appends a JSON string. The text comes from a stranger, so that what is no
// UTF-8 is replaced.
void AppendText(std::string_view text, std::string& out) {
  constexpr unsigned char kFirstPrintable = 0x20;
  out += '"';
  for (const char c : text) {
    const auto u = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') out += '\\';
    if (u < kFirstPrintable)
      out += ' ';
    else
      out += c;
  }
  out += '"';
}

// Line ends between the tokens of JSON are white space; inside of strings they
// are escaped.
void AppendLine(std::string_view json, std::string& out) {
  for (const char c : json) out += c == '\n' || c == '\r' ? ' ' : c;
}

// Whether it is an object its reader finds out; this keeps lines apart.
bool LooksLikeObject(std::string_view json) {
  json = ascii::Trim(json);
  return json.starts_with('{') && json.ends_with('}');
}

// The document in base64 that a chunk's payload holds; "" = none.
std::string DocumentOfChunk(std::string_view payload) {
  thread_local simdjson::dom::parser parser;
  simdjson::dom::object object;
  std::string document;
  if (ParseJson(parser, payload).get(object) != simdjson::SUCCESS ||
      !absl::Base64Unescape(AbslView(TextIn(object, "bytes")), &document) ||
      !LooksLikeObject(document))
    return "";
  return document;
}

// False if the frame has no document.
bool AppendDocument(const Headers& headers, std::string_view payload,
                    std::string& out) {
  if (headers.message_type == "event" || headers.message_type.empty()) {
    if (headers.name == "chunk") {
      const std::string document = DocumentOfChunk(payload);
      if (document.empty()) return false;
      AppendLine(document, out);
    } else {
      if (headers.name.empty() || !LooksLikeObject(payload)) return false;
      out += '{';
      AppendText(headers.name, out);
      out += ':';
      AppendLine(payload, out);
      out += '}';
    }
  } else {
    thread_local simdjson::dom::parser parser;
    simdjson::dom::object object;
    std::string_view message = headers.message;
    if (ParseJson(parser, payload).get(object) == simdjson::SUCCESS)
      for (std::string_view key : {"message", "Message"})
        if (message.empty()) message = TextIn(object, key);
    out += "{\"error\":{\"type\":";
    AppendText(headers.name.empty() ? headers.message_type : headers.name, out);
    out += ",\"message\":";
    AppendText(message, out);
    out += "}}";
  }
  out += '\n';
  return true;
}

}  // namespace

bool HasEventFrames(std::string_view content_type) {
  return ascii::EqualsIgnoringCase(
      ascii::Trim(content_type.substr(0, content_type.find(';'))),
      "application/vnd.amazon.eventstream");
}

absl::Status EventFrames::Fail(absl::Status why, size_t bytes) {
  dropped_bytes_ += static_cast<int64_t>(bytes);
  held_ = std::string();
  status_ = std::move(why);
  return status_;
}

absl::Status EventFrames::ReadLength(std::string_view bytes, size_t& length) {
  length = 0;
  if (bytes.size() < kPrelude) return absl::OkStatus();
  const size_t all = NumberAt(bytes, 0, 4);
  const size_t headers = NumberAt(bytes, 4, 4);
  if (ChecksumOf(bytes.substr(0, 8)) != NumberAt(bytes, 8, 4) ||
      all < kPrelude + kChecksum || headers > all - kPrelude - kChecksum)
    return absl::DataLossError("malformed_frame");
  if (all > kMaxFrameBytes)
    return absl::ResourceExhaustedError("frame_too_large");
  length = all;
  return absl::OkStatus();
}

absl::Status EventFrames::ReadFrame(std::string_view frame, std::string& out) {
  const size_t end = frame.size() - kChecksum;
  const size_t headers_size = NumberAt(frame, 4, 4);
  Headers headers;
  if (ChecksumOf(frame.substr(0, end)) != NumberAt(frame, end, kChecksum) ||
      !ReadHeaders(frame.substr(kPrelude, headers_size), headers))
    return absl::DataLossError("malformed_frame");
  const std::string_view payload =
      frame.substr(kPrelude + headers_size, end - kPrelude - headers_size);
  if (!AppendDocument(headers, payload, out)) {
    ++empty_frames_;
    dropped_bytes_ += static_cast<int64_t>(frame.size());
  }
  return absl::OkStatus();
}

absl::Status EventFrames::Feed(std::string_view bytes, std::string& out) {
  if (!status_.ok()) {
    dropped_bytes_ += static_cast<int64_t>(bytes.size());
    return status_;
  }
  while (!bytes.empty()) {
    // A frame that an earlier chunk began is completed in held_.
    if (!held_.empty()) {
      size_t length = 0;
      if (held_.size() < kPrelude) {
        const size_t more = std::min(kPrelude - held_.size(), bytes.size());
        held_.append(bytes.substr(0, more));
        bytes.remove_prefix(more);
      }
      if (absl::Status s = ReadLength(held_, length); !s.ok())
        return Fail(std::move(s), held_.size() + bytes.size());
      if (length == 0) return absl::OkStatus();
      const size_t more = std::min(length - held_.size(), bytes.size());
      held_.append(bytes.substr(0, more));
      bytes.remove_prefix(more);
      if (held_.size() < length) return absl::OkStatus();
      if (absl::Status s = ReadFrame(held_, out); !s.ok())
        return Fail(std::move(s), held_.size() + bytes.size());
      held_.clear();
      continue;
    }
    size_t length = 0;
    absl::Status status = ReadLength(bytes, length);
    if (status.ok() && length != 0 && length <= bytes.size())
      status = ReadFrame(bytes.substr(0, length), out);
    if (!status.ok()) return Fail(std::move(status), bytes.size());
    if (length == 0 || length > bytes.size()) {
      held_.assign(bytes);
      return absl::OkStatus();
    }
    bytes.remove_prefix(length);
  }
  return absl::OkStatus();
}

absl::Status EventFrames::Finish() {
  if (status_.ok() && !held_.empty())
    return Fail(absl::DataLossError("cut_frame"), held_.size());
  return status_;
}

}  // namespace reasonwatch
