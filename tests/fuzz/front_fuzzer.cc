// SPDX-License-Identifier: Apache-2.0
// Reads any bytes as the head of a request and its chunked body. A head that is
// whole must be read in the same way when it is written for the handlers, and a
// body must not depend on the pieces in which it comes.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "front/chunks.h"
#include "front/http_head.h"

namespace {

using reasonwatch::ChunkReader;

// A small bound, which short inputs reach.
constexpr size_t kMostBody = 64;

ChunkReader::Result Decode(std::string_view wire, size_t step,
                           std::string& body) {
  ChunkReader reader(kMostBody);
  ChunkReader::Result result = ChunkReader::Result::kMore;
  while (result == ChunkReader::Result::kMore && !wire.empty()) {
    size_t used = 0;
    result = reader.Feed(wire.substr(0, step), body, used);
    wire.remove_prefix(used);
  }
  if (body.size() > kMostBody) std::abort();
  return result;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const reasonwatch::FrontOptions options;
  reasonwatch::HttpHead head;
  size_t length = 0;
  if (reasonwatch::ReadHead(bytes, options, head, length) !=
      reasonwatch::HeadResult::kWhole)
    return 0;
  if (length > bytes.size() || length > options.max_head_bytes) std::abort();
  std::string one;
  std::string all;
  const std::string_view rest = bytes.substr(length);
  if (Decode(rest, 1, one) != Decode(rest, rest.size(), all) || one != all)
    std::abort();

  const std::string written = head.ForWholeBody(3, /*close=*/false);
  reasonwatch::FrontOptions wide;
  wide.max_head_bytes = written.size();
  reasonwatch::HttpHead again;
  if (reasonwatch::ReadHead(written, wide, again, length) !=
          reasonwatch::HeadResult::kWhole &&
      head.minor == 1)
    std::abort();
  if (head.minor == 1 &&
      (again.method != head.method || again.target != head.target ||
       again.Find("authorization") != head.Find("authorization") ||
       again.Find("host") != head.Find("host") || again.chunked ||
       again.HasBody() != (head.chunked || head.content_length >= 0)))
    std::abort();
  return 0;
}
