// SPDX-License-Identifier: Apache-2.0
// OTLP over HTTP: POST /v1/traces and /v1/logs, protobuf or JSON, gzip or not.
#ifndef REASONWATCH_TAP_OTLP_HTTP_SERVER_H_
#define REASONWATCH_TAP_OTLP_HTTP_SERVER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "core/port_counts.h"
#include "tap/otlp/options.h"
#include "tap/otlp/requests.h"

namespace reasonwatch {

// Thread-safe.
class OtlpHttpServer {
 public:
  virtual ~OtlpHttpServer() = default;
  virtual int BoundPort() const = 0;
  virtual PortCounts Counts() const = 0;
  // Accepts nothing new and waits for the requests that run, at most for a
  // timeout of I/O.
  virtual void Stop() = 0;
};

// Listens. `token` "" = none is asked for; it is checked before any of the body
// is read. `requests` must outlive the server. InvalidArgument: options or
// unreadable files; Unavailable: the address can't be listened on.
absl::StatusOr<std::unique_ptr<OtlpHttpServer>> StartOtlpHttpServer(
    const OtlpTapOptions& options, std::string token, OtlpRequests& requests);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_HTTP_SERVER_H_
