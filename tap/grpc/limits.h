// SPDX-License-Identifier: Apache-2.0
// The bounds on clients, and the answers of those that break them.
#ifndef REASONWATCH_TAP_GRPC_LIMITS_H_
#define REASONWATCH_TAP_GRPC_LIMITS_H_

#include <grpcpp/server_builder.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <string_view>

#include "absl/status/status.h"
#include "tap/grpc/options.h"

namespace reasonwatch {

// The whole message of a call with one message, from its headers on.
inline constexpr std::chrono::seconds kMessageTimeout{20};

// InvalidArgument if the options are out of range.
absl::Status CheckOptions(const GrpcTapOptions& options);

// Sets the limits of messages, connections, compression and threads.
void ApplyLimits(const GrpcTapOptions& options, grpc::ServerBuilder& builder);

// The answer to a call that failed with this error, by a name that GrpcTap
// counts; any other name reads as "malformed".
grpc::Status StatusOfError(std::string_view error);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_GRPC_LIMITS_H_
