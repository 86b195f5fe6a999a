// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/commands/exit_status.h"

#include "absl/strings/cord.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Marks the statuses that UsageError() made.
constexpr char kUsagePayload[] = "reasonwatch/usage";

}  // namespace

absl::Status UsageError(std::string_view message) {
  absl::Status status = absl::InvalidArgumentError(AbslView(message));
  status.SetPayload(kUsagePayload, absl::Cord());
  return status;
}

ExitStatus ExitStatusOf(const absl::Status& status) {
  if (status.GetPayload(kUsagePayload).has_value()) return ExitStatus::kUsage;
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return ExitStatus::kDone;
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
      return ExitStatus::kUnreadable;
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kCancelled:
      return ExitStatus::kCannotTell;
    default:
      return ExitStatus::kInternal;
  }
}

}  // namespace reasonwatch
