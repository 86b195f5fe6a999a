// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1 request, read strictly: whatever two programs might
// read in two ways is malformed. Pure, thread-safe.
#ifndef REASONWATCH_FRONT_HTTP_HEAD_H_
#define REASONWATCH_FRONT_HTTP_HEAD_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "front/options.h"

namespace reasonwatch {

struct HttpHead {
  std::string method;
  std::string target;  // path and query, as they were sent
  int minor = 1;       // HTTP/1.0 or HTTP/1.1
  std::vector<std::pair<std::string, std::string>> headers;
  int64_t content_length = -1;  // -1 = not announced
  bool chunked = false;
  bool keep_alive = true;
  bool expects_continue = false;

  // The value of the first header of this name, in any case; "" = there is
  // none.
  std::string_view Find(std::string_view name) const;
  bool Has(std::string_view name) const;
  // Without the query.
  std::string_view Path() const;
  bool HasBody() const { return chunked || content_length > 0; }

  // The head for a reader that is given the whole body at once: without the
  // headers of the transfer, of ranges and of the connection, and with the
  // length of the body if there was one.
  std::string ForWholeBody(size_t body_bytes, bool close) const;
};

enum class HeadResult : uint8_t { kWhole, kUnfinished, kTooLarge, kMalformed };

// Reads the head at the start of `bytes`, into `head` and its length with the
// empty line into `length` if it is whole.
HeadResult ReadHead(std::string_view bytes, const FrontOptions& options,
                    HttpHead& head, size_t& length);

}  // namespace reasonwatch

#endif  // REASONWATCH_FRONT_HTTP_HEAD_H_
