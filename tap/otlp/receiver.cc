// SPDX-License-Identifier: Apache-2.0
// Records are read outside the lock, joined under it and handed over outside
// again. A record that is wrong in one field loses that field and is counted.
//
// In order: fields of a record, spans, log records, the receiver.
#include "tap/otlp/receiver.h"

#include <simdjson.h>

#include <limits>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "tap/otlp/dialect.h"
#include "tap/otlp/responses.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using opentelemetry::proto::common::v1::InstrumentationScope;
using opentelemetry::proto::logs::v1::LogRecord;
using opentelemetry::proto::resource::v1::Resource;
using opentelemetry::proto::trace::v1::Span;

constexpr size_t kTraceIdBytes = 16;  // W3C Trace Context
constexpr size_t kSpanIdBytes = 8;    // W3C Trace Context
constexpr int32_t kServerKind = 2;    // Span.SPAN_KIND_SERVER
constexpr int32_t kErrorStatus = 2;   // Status.STATUS_CODE_ERROR

absl::Time ToTime(uint64_t nanoseconds) {
  if (nanoseconds == 0 ||
      nanoseconds > uint64_t{std::numeric_limits<int64_t>::max()})
    return absl::InfinitePast();
  return absl::FromUnixNanos(static_cast<int64_t>(nanoseconds));
}

// An id of the right length that is not all zeros; anything else is no id.
std::string ToId(const std::string& id, size_t length, TapIntake& intake) {
  if (id.empty() || id.find_first_not_of('\0') == std::string::npos) return "";
  if (id.size() == length) return id;
  intake.CountError("bad_id");
  return "";
}

// The surroundings that the records of one scope share.
struct Around {
  const Resource& resource;
  const InstrumentationScope& scope;
  simdjson::dom::parser& parser;
  TapIntake& intake;
};

Attributes WithFallbacks(const OtlpAttributes& own, const Around& around) {
  Attributes attributes(own);
  attributes.AddFallback(around.scope.attributes());
  attributes.AddFallback(around.resource.attributes());
  return attributes;
}

// Old conventions put texts into events of the span itself.
void ReadSpanEvents(const Span& span, const Around& around, Observation& o) {
  for (const Span::Event& event : span.events()) {
    const Attributes attributes(event.attributes());
    const OtlpRecord record = {.attributes = attributes,
                               .scope = around.scope.name(),
                               .name = event.name(),
                               .parser = around.parser};
    Observation part;
    if (ReadRecord(record, part)) Merge(std::move(part), o);
  }
}

void SetHash(Observation& o) {
  if (!o.choices.empty() && o.choices.front().content.has_value() &&
      !o.choices.front().content->empty())
    o.content_hash = StableHash(*o.choices.front().content);
}

void ReadSpan(const Span& span, const Around& around,
              std::vector<Observation>& out) {
  const Attributes attributes = WithFallbacks(span.attributes(), around);
  const OtlpRecord record = {.attributes = attributes,
                             .scope = around.scope.name(),
                             .name = span.name(),
                             .is_span = true,
                             .is_server = span.kind() == kServerKind,
                             .parser = around.parser};
  Observation o;
  if (!ReadRecord(record, o)) return;
  CutLabels(o.head);
  o.trace_id = ToId(span.trace_id(), kTraceIdBytes, around.intake);
  o.span_id = ToId(span.span_id(), kSpanIdBytes, around.intake);
  o.parent_span_id = ToId(span.parent_span_id(), kSpanIdBytes, around.intake);
  o.head.time = ToTime(span.start_time_unix_nano());
  o.head.end_time = ToTime(span.end_time_unix_nano());
  if (o.head.end_time < o.head.time) {
    around.intake.CountError("bad_time");
    o.head.end_time = absl::InfinitePast();
  }
  ReadSpanEvents(span, around, o);
  o.failed = o.failed || span.status().code() == kErrorStatus;
  // A call that failed after some of its text came was cut.
  if (o.failed && o.HasText() &&
      o.head.transport_end == TransportEnd::kComplete)
    o.head.transport_end = TransportEnd::kUpstreamReset;
  SetHash(o);
  out.push_back(std::move(o));
}

// Some SDKs give the event's name as an attribute, as older conventions did.
void ReadLog(const LogRecord& log, const Around& around,
             std::vector<Observation>& out) {
  const Attributes attributes = WithFallbacks(log.attributes(), around);
  std::string name = CheckedUtf8(log.event_name());
  if (name.empty()) name = attributes.Text({"event.name"});
  const OtlpRecord record = {.attributes = attributes,
                             .scope = around.scope.name(),
                             .name = name,
                             .body = log.has_body() ? &log.body() : nullptr,
                             .parser = around.parser};
  Observation o;
  if (!ReadRecord(record, o)) return;
  CutLabels(o.head);
  o.trace_id = ToId(log.trace_id(), kTraceIdBytes, around.intake);
  o.span_id = ToId(log.span_id(), kSpanIdBytes, around.intake);
  o.head.end_time =
      ToTime(log.time_unix_nano() != 0 ? log.time_unix_nano()
                                       : log.observed_time_unix_nano());
  SetHash(o);
  out.push_back(std::move(o));
}

}  // namespace

OtlpReceiver::OtlpReceiver(TapIntake& intake, JoinLimits limits)
    : intake_(intake), joiner_(limits) {}

ExportOutcome OtlpReceiver::Traces(const OtlpTraces& request,
                                   TapIntake::Time arrived) {
  simdjson::dom::parser parser;
  std::vector<Observation> observations;
  for (const auto& resource : request.resource_spans())
    for (const auto& scope : resource.scope_spans()) {
      const Around around = {resource.resource(), scope.scope(), parser,
                             intake_};
      for (const Span& span : scope.spans())
        ReadSpan(span, around, observations);
    }
  return Join(std::move(observations), arrived);
}

ExportOutcome OtlpReceiver::Logs(const OtlpLogs& request,
                                 TapIntake::Time arrived) {
  simdjson::dom::parser parser;
  std::vector<Observation> observations;
  for (const auto& resource : request.resource_logs())
    for (const auto& scope : resource.scope_logs()) {
      const Around around = {resource.resource(), scope.scope(), parser,
                             intake_};
      for (const LogRecord& log : scope.log_records())
        ReadLog(log, around, observations);
    }
  return Join(std::move(observations), arrived);
}

ExportOutcome OtlpReceiver::Join(std::vector<Observation>&& observations,
                                 TapIntake::Time arrived) {
  std::vector<Joiner::Joined> ready;
  Joiner::Counts counts;
  {
    MutexLock lock(mutex_);
    for (Observation& o : observations) joiner_.Add(std::move(o), arrived);
    ready = joiner_.Ready();
    counts = joiner_.TakeCounts();
  }
  CountRepeated(counts.repeated);
  if (counts.overflowed > 0)
    intake_.CountError("join_overflow", counts.overflowed);
  ExportOutcome outcome;
  HandOver(std::move(ready), &outcome);
  return outcome;
}

// No error of the sender, but an operator who compares numbers wants them.
void OtlpReceiver::CountRepeated(int64_t n) {
  for (int64_t i = 0; i < n; ++i) intake_.Ignore("repeated");
}

void OtlpReceiver::HandOver(std::vector<Joiner::Joined>&& joined,
                            ExportOutcome* outcome) {
  std::map<std::string_view, int64_t> reasons;
  for (Joiner::Joined& one : joined) {
    Observation& o = one.observation;
    const bool raw = !o.raw_body.empty();
    const bool alone = !o.is_span && o.span_id.empty();
    const std::string source =
        absl::StrFormat("%s\n%s\n%s\n%s", std::string(o.dialect), o.api_type,
                        o.service, o.head.model);
    std::string label = absl::StrFormat("otlp/%s", std::string(o.dialect));
    MadeResponses made = MakeResponses(std::move(o), std::move(label));
    if (!made.error.empty()) {
      const std::string_view error = alone && made.error == "missing_model"
                                         ? "event_without_span"
                                         : made.error;
      intake_.Reject(error);
      ++reasons[error];
    }
    for (Response& r : made.responses) {
      // A body as it was served has all that the server delivered.
      if (!raw) capabilities_.Mark(source, r);
      const int64_t bytes = MemoryOfResponse(r);
      const TapOutcome offered =
          intake_.Offer(std::move(r), bytes, one.arrived);
      if (!offered.accepted) ++reasons[offered.dropped_reason];
    }
  }
  if (outcome == nullptr) return;
  for (const auto& [reason, count] : reasons) {
    outcome->rejected += count;
    outcome->message +=
        absl::StrFormat("%s%s: %d", outcome->message.empty() ? "" : ", ",
                        std::string(reason), count);
  }
}

void OtlpReceiver::Expire(TapIntake::Time now, bool all) {
  std::vector<Joiner::Joined> expired;
  Joiner::Counts counts;
  {
    MutexLock lock(mutex_);
    expired = joiner_.Expired(now, all);
    counts = joiner_.TakeCounts();
  }
  CountRepeated(counts.repeated);
  HandOver(std::move(expired), nullptr);
}

}  // namespace reasonwatch
