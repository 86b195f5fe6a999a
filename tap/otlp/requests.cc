// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/requests.h"

#include <google/protobuf/arena.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "tap/otlp/inflate.h"
#include "tap/otlp/json_requests.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using opentelemetry::proto::collector::logs::v1::ExportLogsServiceResponse;
using opentelemetry::proto::collector::trace::v1::ExportTraceServiceResponse;

// Unset if all was accepted, as OTLP asks.
std::string JsonAnswer(const ExportOutcome& outcome, std::string_view counter) {
  if (outcome.rejected == 0) return "{}";
  return absl::StrFormat(
      "{\"partialSuccess\":{\"%s\":\"%d\",\"errorMessage\":%s}}",
      std::string(counter), outcome.rejected, JsonString(outcome.message));
}

template <typename Request>
bool Parse(OtlpEncoding encoding, std::string_view bytes, Request& request) {
  if (encoding == OtlpEncoding::kJson) return ReadOtlpJson(bytes, request);
  return request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

OtlpAnswer OtlpRequests::Handle(OtlpSignal signal, OtlpEncoding encoding,
                                std::string_view bytes) {
  const TapIntake::Time arrived = std::chrono::steady_clock::now();
  OtlpAnswer answer;
  std::string plain;
  if (IsGzip(bytes)) {
    answer.error = Inflate(bytes, max_message_bytes_, plain);
    bytes = plain;
  } else if (static_cast<int64_t>(bytes.size()) > max_message_bytes_) {
    answer.error = "message_too_large";
  }
  google::protobuf::Arena arena;
  if (answer.error.empty() && signal == OtlpSignal::kTraces) {
    auto& request = *google::protobuf::Arena::CreateMessage<OtlpTraces>(&arena);
    if (!Parse(encoding, bytes, request)) {
      answer.error = "malformed";
    } else {
      const ExportOutcome outcome = receiver_.Traces(request, arrived);
      ExportTraceServiceResponse response;
      if (outcome.rejected > 0) {
        auto& partial = *response.mutable_partial_success();
        partial.set_rejected_spans(outcome.rejected);
        partial.set_error_message(outcome.message);
      }
      answer.body = encoding == OtlpEncoding::kJson
                        ? JsonAnswer(outcome, "rejectedSpans")
                        : response.SerializeAsString();
    }
  } else if (answer.error.empty()) {
    auto& request = *google::protobuf::Arena::CreateMessage<OtlpLogs>(&arena);
    if (!Parse(encoding, bytes, request)) {
      answer.error = "malformed";
    } else {
      const ExportOutcome outcome = receiver_.Logs(request, arrived);
      ExportLogsServiceResponse response;
      if (outcome.rejected > 0) {
        auto& partial = *response.mutable_partial_success();
        partial.set_rejected_log_records(outcome.rejected);
        partial.set_error_message(outcome.message);
      }
      answer.body = encoding == OtlpEncoding::kJson
                        ? JsonAnswer(outcome, "rejectedLogRecords")
                        : response.SerializeAsString();
    }
  }
  if (!answer.error.empty()) intake_.CountError(answer.error);
  return answer;
}

}  // namespace reasonwatch
