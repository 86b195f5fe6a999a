// SPDX-License-Identifier: Apache-2.0
// The TCP port of a gRPC server, behind a front of ours: gRPC 1.51 bounds
// neither connections nor the headers of a call, and stops accepting for good
// once descriptors run out.
#ifndef REASONWATCH_TAP_GRPC_PORT_H_
#define REASONWATCH_TAP_GRPC_PORT_H_

#include <grpcpp/server_builder.h>

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "core/port_counts.h"
#include "front/front.h"
#include "tap/grpc/options.h"

namespace reasonwatch {

// Not thread-safe, but for Counts().
class GrpcPort {
 public:
  // Before the server is built.
  void Prepare(grpc::ServerBuilder& builder);
  // Once it runs: listens at options.listen. InvalidArgument: options or
  // unusable TLS files; Unavailable: the address can't be listened at.
  absl::Status Start(const GrpcTapOptions& options);

  int bound_port() const { return front_ == nullptr ? 0 : front_->port(); }
  // Empty before Start().
  std::vector<PortCounts> Counts(std::string_view name) const;
  // Before the server shuts down.
  void StopAccepting();
  // After it has shut down, and before it is destroyed.
  void Stop();

 private:
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<Front> front_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_PORT_H_
