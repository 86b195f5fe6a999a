// SPDX-License-Identifier: Apache-2.0
#include "rescore/client/failure.h"

#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_format.h"

namespace reasonwatch {
namespace {

constexpr char kPayload[] = "reasonwatch/client_failure";

absl::StatusCode CodeOf(ClientFailure failure) {
  switch (failure) {
    case ClientFailure::kCancelled:
      return absl::StatusCode::kCancelled;
    case ClientFailure::kRefused:
    case ClientFailure::kUnreachable:
    case ClientFailure::kConnectionLost:
    case ClientFailure::kTls:
    case ClientFailure::kHttp5xx:
      return absl::StatusCode::kUnavailable;
    case ClientFailure::kTimeout:
    case ClientFailure::kEndlessStream:
      return absl::StatusCode::kDeadlineExceeded;
    case ClientFailure::kUnauthorised:
      return absl::StatusCode::kPermissionDenied;
    case ClientFailure::kHttp429:
    case ClientFailure::kTooLarge:
      return absl::StatusCode::kResourceExhausted;
    case ClientFailure::kWrongModel:
      return absl::StatusCode::kFailedPrecondition;
    case ClientFailure::kHttp3xx:
    case ClientFailure::kHttp4xx:
    case ClientFailure::kBadRequest:
      return absl::StatusCode::kInvalidArgument;
    case ClientFailure::kErrorIn200:
      return absl::StatusCode::kInternal;
    case ClientFailure::kTruncatedBody:
    case ClientFailure::kTruncatedStream:
    case ClientFailure::kBadBody:
      return absl::StatusCode::kDataLoss;
  }
  return absl::StatusCode::kUnknown;
}

}  // namespace

std::string_view ClientFailureName(ClientFailure failure) {
  switch (failure) {
    case ClientFailure::kCancelled:
      return "cancelled";
    case ClientFailure::kRefused:
      return "refused";
    case ClientFailure::kUnreachable:
      return "unreachable";
    case ClientFailure::kConnectionLost:
      return "connection_lost";
    case ClientFailure::kTimeout:
      return "timeout";
    case ClientFailure::kTls:
      return "tls";
    case ClientFailure::kUnauthorised:
      return "unauthorised";
    case ClientFailure::kHttp429:
      return "http_429";
    case ClientFailure::kHttp3xx:
      return "http_3xx";
    case ClientFailure::kHttp4xx:
      return "http_4xx";
    case ClientFailure::kHttp5xx:
      return "http_5xx";
    case ClientFailure::kErrorIn200:
      return "error_in_200";
    case ClientFailure::kTruncatedBody:
      return "truncated_body";
    case ClientFailure::kTruncatedStream:
      return "truncated_stream";
    case ClientFailure::kEndlessStream:
      return "endless_stream";
    case ClientFailure::kTooLarge:
      return "too_large";
    case ClientFailure::kWrongModel:
      return "wrong_model";
    case ClientFailure::kBadBody:
      return "bad_body";
    case ClientFailure::kBadRequest:
      return "bad_request";
  }
  return "unknown";
}

absl::Status ClientFailureStatus(ClientFailure failure,
                                 std::string_view detail) {
  const std::string_view name = ClientFailureName(failure);
  absl::Status status(CodeOf(failure), absl::StrFormat("%s: %s", name, detail));
  status.SetPayload(kPayload,
                    absl::Cord(absl::string_view(name.data(), name.size())));
  return status;
}

std::string ClientFailureName(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayload);
  if (payload.has_value()) return std::string(*payload);
  return absl::AsciiStrToLower(absl::StatusCodeToString(status.code()));
}

}  // namespace reasonwatch
