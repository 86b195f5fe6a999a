// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/deliver.h"

#include <cstdint>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "rescore/client/failure.h"

namespace reasonwatch {
namespace {

// A receiver that has not answered by then is tried again later.
constexpr absl::Duration kTimeout = absl::Seconds(10);
constexpr int64_t kMaxReply = int64_t{64} << 10;

}  // namespace

absl::Status Deliver(HttpRequest request) {
  request.timeout = kTimeout;
  request.max_body_bytes = kMaxReply;
  const HttpResult result = Exchange(request);
  if (result.failure.has_value())
    return absl::UnavailableError(
        absl::StrFormat("%s", ClientFailureName(result.failure->failure)));
  if (result.reply.status / 100 != 2)
    return absl::UnavailableError(
        absl::StrFormat("HTTP %d", result.reply.status));
  return absl::OkStatus();
}

}  // namespace reasonwatch
