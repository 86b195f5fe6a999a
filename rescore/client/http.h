// SPDX-License-Identifier: Apache-2.0
// One HTTP exchange by libcurl: bounded in time and size, cancelled within a
// second. Follows no redirect and no proxy of the environment, so that the key
// goes to the host of the configuration and to no other.
#ifndef REASONWATCH_RESCORE_CLIENT_HTTP_H_
#define REASONWATCH_RESCORE_CLIENT_HTTP_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "rescore/client/failure.h"

namespace reasonwatch {

struct HttpRequest {
  std::string url;  // http or https
  std::vector<std::string> headers;
  std::optional<std::string> post;  // absent = GET
  std::string ca_file;              // "" = the system's
  absl::Duration connect_timeout = absl::Seconds(5);
  absl::Duration timeout = absl::Minutes(5);
  int64_t max_body_bytes = int64_t{16} << 20;
  const std::atomic<bool>* stop = nullptr;  // may be null
};

struct HttpReply {
  int status = 0;
  std::string body;
  std::string content_type;
  std::optional<absl::Duration> retry_after;  // as seconds; dates are not read
};

// An exchange without a whole reply. `unsent`: the request never reached the
// server.
struct HttpFailure {
  ClientFailure failure = ClientFailure::kConnectionLost;
  std::string detail;
  bool unsent = false;
  HttpReply part;  // the part that had come
};

struct HttpResult {
  std::optional<HttpFailure> failure;
  HttpReply reply;  // set if there is no failure
};

// Thread-safe. Blocks.
HttpResult Exchange(const HttpRequest& request);

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CLIENT_HTTP_H_
