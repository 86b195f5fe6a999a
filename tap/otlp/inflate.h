// SPDX-License-Identifier: Apache-2.0
// gzip, undone within bounds.
#ifndef REASONWATCH_TAP_OTLP_INFLATE_H_
#define REASONWATCH_TAP_OTLP_INFLATE_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace reasonwatch {

// True if the bytes begin as gzip does. No protobuf message and no JSON does.
bool IsGzip(std::string_view bytes);

// Appends what `bytes` hold. Returns "" or why not: "malformed_gzip", or
// "message_too_large" if the output exceeds `limit` or 200 bytes for each one
// of the input beyond the first MiB; text, even a loop, stays below that.
std::string_view Inflate(std::string_view bytes, int64_t limit,
                         std::string& out);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_INFLATE_H_
