// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/limits.h"

#include <grpcpp/resource_quota.h>

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "tap/grpc/convert.h"

namespace reasonwatch {
namespace {

// A protobuf message can't be longer than 2 GiB, and gRPC's limit, which is
// twice ours, is an int.
constexpr int64_t kMaxMessageLimit = int64_t{1} << 30;

constexpr int kMaxMetadataBytes = 16 << 10;

// Memory of connections and of messages on their way: a few of the largest, or
// thousands of usual ones.
constexpr int64_t kLeastQuota = int64_t{256} << 20;
constexpr int64_t kLargestMessages = 4;

// gRPC takes milliseconds as an int: 20 days stay under its range.
int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(
      std::clamp(duration, absl::Milliseconds(1), absl::Hours(24 * 20))));
}

}  // namespace

absl::Status CheckOptions(const GrpcTapOptions& options) {
  if (options.listen.empty() && options.unix_socket.empty())
    return absl::InvalidArgumentError("neither an address nor a socket given");
  if (options.max_message_bytes <= 0 ||
      options.max_message_bytes > kMaxMessageLimit)
    return absl::InvalidArgumentError(
        "the largest message must be between 1 byte and 1 GiB");
  if (options.max_streams <= 0 || options.max_open_streams <= 0)
    return absl::InvalidArgumentError("stream limits must be above 0");
  return absl::OkStatus();
}

void ApplyLimits(const GrpcTapOptions& options, grpc::ServerBuilder& builder) {
  // A port that two processes share would split the stream between them.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             options.max_streams);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                             Milliseconds(options.max_connection_age));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 60000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS,
                             Milliseconds(options.max_connection_idle));
  // A client that vanished is noticed within 80 s. Clients may ping the tap
  // every 500 ms and are never sent away for it: Envoy's pings are what shows
  // it that a tap hangs, so that it goes on without one.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 500);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PING_STRIKES, 0);
  // gRPC refuses a message over its limit without a word to the service, so
  // its limit is twice ours: most oversize messages arrive, are refused by the
  // receiver and counted.
  builder.SetMaxReceiveMessageSize(static_cast<int>(
      std::min(2 * options.max_message_bytes, kMaxMessageLimit)));
  // A few compressed bytes can hold gigabytes.
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_DEFLATE, false);
  builder.SetCompressionAlgorithmSupportStatus(GRPC_COMPRESS_GZIP, false);
  // Headers of one call, which gRPC holds before the token is seen.
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // Until the connection has said that it speaks HTTP/2, TLS included.
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, 5000);
  // Only reflection uses threads of the pool, one a call: 8 calls at once. When
  // messages that are not whole need more memory, gRPC resets some of the calls
  // (RESOURCE_EXHAUSTED) until they fit.
  builder.SetResourceQuota(
      grpc::ResourceQuota("reasonwatch_tap")
          .SetMaxThreads(8)
          .Resize(static_cast<size_t>(std::max(
              kLeastQuota, kLargestMessages * options.max_message_bytes))));
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
}

grpc::Status StatusOfError(std::string_view error) {
  using enum grpc::StatusCode;
  if (error == "unauthenticated")
    return {UNAUTHENTICATED, "a bearer token is needed in `authorization`"};
  if (error == "too_many_streams")
    return {RESOURCE_EXHAUSTED, "too many open streams"};
  if (error == "message_too_large")
    return {RESOURCE_EXHAUSTED, "message larger than tap.grpc.max_message"};
  if (error == "missing_model")
    return {INVALID_ARGUMENT, "response without a model"};
  if (error == "label_too_long")
    return {INVALID_ARGUMENT,
            absl::StrFormat("an id or label is longer than %d bytes",
                            kMaxShortStringBytes)};
  return {INVALID_ARGUMENT, "message can't be parsed"};
}

}  // namespace reasonwatch
