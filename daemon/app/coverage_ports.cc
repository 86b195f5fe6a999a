// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/coverage_ports.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "rescore/client/failure.h"
#include "rescore/client/http.h"
#include "util/secret.h"
#include "util/status_macros.h"

namespace reasonwatch {

absl::StatusOr<std::string> GetMetrics(const CoverageTarget& target,
                                       const std::atomic<bool>& stop) {
  HttpRequest request;
  request.url = target.url;
  request.ca_file = target.ca_file;
  request.connect_timeout = kCoverageTimeout;
  request.timeout = kCoverageTimeout;
  request.max_body_bytes = kMaxCoverageBytes;
  request.stop = &stop;
  if (!target.token_file.empty()) {
    RW_ASSIGN_OR_RETURN(const std::string token, ReadSecret(target.token_file));
    request.headers.push_back(absl::StrCat("Authorization: Bearer ", token));
  }
  HttpResult result = Exchange(request);
  if (result.failure.has_value())
    return absl::UnavailableError(
        absl::StrFormat("%s", ClientFailureName(result.failure->failure)));
  if (result.reply.status != 200)
    return absl::UnavailableError(
        absl::StrFormat("HTTP %d", result.reply.status));
  return std::move(result.reply.body);
}

}  // namespace reasonwatch
