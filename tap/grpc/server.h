// SPDX-License-Identifier: Apache-2.0
// The gRPC server below the service: its address, TLS and limits.
#ifndef REASONWATCH_TAP_GRPC_SERVER_H_
#define REASONWATCH_TAP_GRPC_SERVER_H_

#include <grpcpp/completion_queue.h>
#include <grpcpp/server.h>

#include <memory>
#include <span>

#include "absl/status/status.h"
#include "tap/grpc/guests.h"
#include "tap/grpc/options.h"
#include "tap/grpc/port.h"

namespace reasonwatch {

struct ListeningServer {
  // If `server` is null, the queue still has to be shut down and drained.
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
  std::unique_ptr<grpc::Server> server;
  GrpcPort port;  // of options.listen, if it is on
};

// Listens with `service`, the guests, the health service and reflection. Writes
// to `listening` also on failure, if it got as far as a queue. InvalidArgument:
// options or unreadable files; Unavailable: the address can't be listened on,
// or another process serves the socket.
absl::Status StartServer(const GrpcTapOptions& options, grpc::Service& service,
                         std::span<const GrpcGuest> guests,
                         ListeningServer& listening);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_SERVER_H_
