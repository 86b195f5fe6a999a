// SPDX-License-Identifier: Apache-2.0
// OTLP over gRPC: the Export calls of traces and logs.
#ifndef REASONWATCH_TAP_OTLP_GRPC_SERVER_H_
#define REASONWATCH_TAP_OTLP_GRPC_SERVER_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/port_counts.h"
#include "tap/grpc/token.h"
#include "tap/otlp/options.h"
#include "tap/otlp/requests.h"

namespace reasonwatch {

// Thread-safe. gRPC's own threads serve the calls.
class OtlpGrpcServer {
 public:
  // Listens. `requests` must outlive the server. InvalidArgument: options or
  // unreadable files; Unavailable: the address can't be listened on.
  static absl::StatusOr<std::unique_ptr<OtlpGrpcServer>> Start(
      const OtlpTapOptions& options, const TokenCheck& token,
      OtlpRequests& requests);
  ~OtlpGrpcServer();

  int BoundPort() const;
  std::vector<PortCounts> Ports() const;
  // Accepts nothing new and waits for the calls that run. Once.
  void Stop(absl::Duration deadline);

 private:
  class Impl;
  explicit OtlpGrpcServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_GRPC_SERVER_H_
