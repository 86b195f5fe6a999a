// SPDX-License-Identifier: Apache-2.0
#include "front/http_head.h"

#include <algorithm>
#include <array>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "util/ascii.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// The end of a head; an attempt to smuggle another line end is malformed.
constexpr std::string_view kEnd = "\r\n\r\n";

// Headers that the front answers for itself, and those by which cpp-httplib
// tells its handlers of the peer, which no sender may set.
constexpr std::array<std::string_view, 12> kOwn = {
    "content-length", "transfer-encoding", "expect", "connection", "keep-alive",
    "range",          "if-range",          "te",     "trailer",    "upgrade",
    "remote_addr",    "local_addr"};

bool IsTokenCharacter(char c) {
  return ascii::IsAlnum(c) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool IsToken(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), IsTokenCharacter);
}

// Tab and everything from the space on, but no DEL.
bool IsValue(std::string_view s) {
  return std::all_of(s.begin(), s.end(), [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return c == '\t' || (u >= ' ' && u != 0x7F);
  });
}

bool ReadRequestLine(std::string_view line, HttpHead& head) {
  const size_t first = line.find(' ');
  const size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return false;
  const std::string_view method = line.substr(0, first);
  const std::string_view target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);
  if (!IsToken(method) || target.empty() || target.front() != '/') return false;
  if (!std::all_of(target.begin(), target.end(),
                   [](char c) { return c > ' ' && c != 0x7F; }))
    return false;
  if (version != "HTTP/1.1" && version != "HTTP/1.0") return false;
  head.method = method;
  head.target = target;
  head.minor = version.back() - '0';
  return true;
}

bool HoldsWord(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t comma = list.find(',');
    if (ascii::EqualsIgnoringCase(ascii::Trim(list.substr(0, comma)), word))
      return true;
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  }
  return false;
}

// A header that decides on framing, on the token or on the host must not come
// twice.
bool IsSingle(const HttpHead& head, std::string_view name) {
  return std::count_if(head.headers.begin(), head.headers.end(),
                       [name](const auto& header) {
                         return ascii::EqualsIgnoringCase(header.first, name);
                       }) <= 1;
}

bool Interpret(HttpHead& head) {
  for (const std::string_view name :
       {"content-length", "transfer-encoding", "host", "authorization",
        "content-encoding", "expect"})
    if (!IsSingle(head, name)) return false;
  if (head.minor == 1 && !head.Has("host")) return false;
  if (head.Has("transfer-encoding")) {
    if (head.minor == 0 || head.Has("content-length") ||
        !ascii::EqualsIgnoringCase(head.Find("transfer-encoding"), "chunked"))
      return false;
    head.chunked = true;
  }
  if (head.Has("content-length")) {
    const std::string_view length = head.Find("content-length");
    if (length.empty() ||
        !std::all_of(length.begin(), length.end(), ascii::IsDigit) ||
        !absl::SimpleAtoi(AbslView(length), &head.content_length))
      return false;
  }
  const std::string_view connection = head.Find("connection");
  head.keep_alive = head.minor == 1 ? !HoldsWord(connection, "close")
                                    : HoldsWord(connection, "keep-alive");
  head.expects_continue =
      ascii::EqualsIgnoringCase(head.Find("expect"), "100-continue");
  return true;
}

}  // namespace

std::string_view HttpHead::Find(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (ascii::EqualsIgnoringCase(key, name)) return value;
  return "";
}

bool HttpHead::Has(std::string_view name) const {
  return std::any_of(headers.begin(), headers.end(), [name](const auto& h) {
    return ascii::EqualsIgnoringCase(h.first, name);
  });
}

std::string_view HttpHead::Path() const {
  return std::string_view(target).substr(0, target.find_first_of("?#"));
}

std::string HttpHead::ForWholeBody(size_t body_bytes, bool close) const {
  std::string text = absl::StrCat(method, " ", target, " HTTP/1.1\r\n");
  const auto is_own = [](std::string_view key) {
    return std::any_of(kOwn.begin(), kOwn.end(), [key](std::string_view name) {
      return ascii::EqualsIgnoringCase(key, name);
    });
  };
  for (const auto& [key, value] : headers)
    if (!is_own(key)) absl::StrAppend(&text, key, ": ", value, "\r\n");
  if (chunked || content_length >= 0)
    absl::StrAppend(&text, "Content-Length: ", body_bytes, "\r\n");
  if (close) absl::StrAppend(&text, "Connection: close\r\n");
  text += "\r\n";
  return text;
}

HeadResult ReadHead(std::string_view bytes, const FrontOptions& options,
                    HttpHead& head, size_t& length) {
  const size_t end = bytes.find(kEnd);
  if (end == std::string_view::npos)
    return bytes.size() > options.max_head_bytes ? HeadResult::kTooLarge
                                                 : HeadResult::kUnfinished;
  length = end + kEnd.size();
  if (length > options.max_head_bytes) return HeadResult::kTooLarge;
  head = HttpHead();
  std::string_view lines = bytes.substr(0, end);
  size_t stop = std::min(lines.find("\r\n"), lines.size());
  if (!ReadRequestLine(lines.substr(0, stop), head))
    return HeadResult::kMalformed;
  while (stop < lines.size()) {
    lines.remove_prefix(stop + 2);
    stop = std::min(lines.find("\r\n"), lines.size());
    const std::string_view line = lines.substr(0, stop);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos || !IsToken(line.substr(0, colon)) ||
        !IsValue(line.substr(colon + 1)))
      return HeadResult::kMalformed;
    if (head.headers.size() >= static_cast<size_t>(options.max_headers))
      return HeadResult::kTooLarge;
    head.headers.emplace_back(line.substr(0, colon),
                              ascii::Trim(line.substr(colon + 1)));
  }
  return Interpret(head) ? HeadResult::kWhole : HeadResult::kMalformed;
}

}  // namespace reasonwatch
