// SPDX-License-Identifier: Apache-2.0
#include "tap/grpc/receiver.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tap/grpc/convert.h"

namespace reasonwatch {
namespace {

std::optional<std::string_view> OriginHeader(
    const grpc::ServerContext& context) {
  const auto found = context.client_metadata().find("x-reasonwatch-origin");
  if (found == context.client_metadata().end()) return std::nullopt;
  return std::string_view(found->second.data(), found->second.size());
}

// A sender that comes again if there is no room.
bool Waits(const grpc::ServerContext& context) {
  const auto found = context.client_metadata().find("x-reasonwatch-wait");
  return found != context.client_metadata().end() && found->second == "true";
}

}  // namespace

Receiver::Receiver(TapIntake& intake, int64_t max_message_bytes)
    : intake_(intake),
      max_message_bytes_(max_message_bytes),
      id_prefix_(absl::StrFormat("tap-%x-", absl::ToUnixMillis(absl::Now()))) {}

Receiver::Received Receiver::Receive(grpc::ByteBuffer& buffer,
                                     const grpc::ServerContext& context) {
  const TapIntake::Time arrived = std::chrono::steady_clock::now();
  std::string_view error;
  Converted converted;
  if (static_cast<int64_t>(buffer.Length()) > max_message_bytes_) {
    error = "message_too_large";
  } else if (!grpc::SerializationTraits<v1::Response>::Deserialize(&buffer,
                                                                   &message_)
                  .ok()) {
    error = "malformed";
  } else {
    converted = ConvertResponse(message_, OriginHeader(context));
    error = converted.error;
  }
  buffer.Clear();
  if (converted.invalid_utf8 > 0)
    intake_.CountError("invalid_utf8", converted.invalid_utf8);
  if (!error.empty()) return {error, intake_.Reject(error)};
  if (converted.response.id.empty())
    converted.response.id = absl::StrFormat("%s%d", id_prefix_, ++made_ids_);
  if (!Waits(context))
    return {"", intake_.Offer(std::move(converted.response), converted.bytes,
                              arrived)};
  const bool accepted =
      intake_.OfferPatiently(converted.response, converted.bytes, arrived);
  return {"", accepted ? TapOutcome() : TapOutcome{false, "queue_full"}};
}

}  // namespace reasonwatch
