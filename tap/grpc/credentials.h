// SPDX-License-Identifier: Apache-2.0
// TLS of the servers that speak gRPC.
#ifndef REASONWATCH_TAP_GRPC_CREDENTIALS_H_
#define REASONWATCH_TAP_GRPC_CREDENTIALS_H_

#include <grpcpp/security/server_credentials.h>

#include <memory>

#include "absl/status/statusor.h"
#include "tap/grpc/options.h"

namespace reasonwatch {

// By the options' PEM files; none of them = no TLS. InvalidArgument if a file
// can't be read or is missing.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> TlsCredentials(
    const GrpcTapOptions& options);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_CREDENTIALS_H_
