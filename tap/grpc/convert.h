// SPDX-License-Identifier: Apache-2.0
// The tap's wire message as core's Response.
#ifndef REASONWATCH_TAP_GRPC_CONVERT_H_
#define REASONWATCH_TAP_GRPC_CONVERT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/response.h"
#include "reasonwatch/v1/tap.pb.h"

namespace reasonwatch {

// Ids, model, route and the other short strings may be this long.
inline constexpr size_t kMaxShortStringBytes = 1024;

struct Converted {
  Response response;
  int64_t bytes = 0;         // memory that it holds
  int64_t invalid_utf8 = 0;  // text fields that were repaired
  // Why it can't be used: "missing_model" or "label_too_long"; "" = it can.
  std::string_view error;
};

// Moves the texts out of `message`, which is left valid but unspecified.
// Numbers without sense (negative counts, times outside the years 1 to 9999,
// NaN) become absent; enumerators of a newer client become the default, but an
// unknown origin is never live. Bytes that are not UTF-8 become U+FFFD.
// `origin_header` is the call's x-reasonwatch-origin, if it has one: with
// it, or an id that begins with "rw-", the response is not live either.
Converted ConvertResponse(v1::Response& message,
                          std::optional<std::string_view> origin_header);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_CONVERT_H_
