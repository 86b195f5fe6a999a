// SPDX-License-Identifier: Apache-2.0
// The files of TLS of the servers that speak gRPC.
#ifndef REASONWATCH_TAP_GRPC_CREDENTIALS_H_
#define REASONWATCH_TAP_GRPC_CREDENTIALS_H_

#include "absl/status/status.h"
#include "tap/grpc/options.h"

namespace reasonwatch {

// InvalidArgument, with the file's name, if one of the options' PEM files can't
// be read or is missing.
absl::Status CheckTlsFiles(const GrpcTapOptions& options);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_CREDENTIALS_H_
