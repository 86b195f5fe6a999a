// SPDX-License-Identifier: Apache-2.0
// Export requests in OTLP's JSON encoding, written from its specification.
#ifndef REASONWATCH_TESTS_TAP_OTLP_JSON_H_
#define REASONWATCH_TESTS_TAP_OTLP_JSON_H_

#include <string>
#include <string_view>

#include "absl/strings/escaping.h"
#include "absl/strings/str_format.h"
#include "tap/otlp/attributes.h"
#include "tap/otlp/receiver.h"
#include "util/strings.h"

namespace reasonwatch::otlp_test {

inline std::string ValueOf(const OtlpValue& value);

template <typename List, typename F>
std::string Array(const List& list, F write) {
  std::string out;
  for (const auto& entry : list) {
    if (!out.empty()) out += ',';
    out += write(entry);
  }
  return "[" + out + "]";
}

inline std::string Pairs(const OtlpAttributes& attributes) {
  return Array(attributes, [](const auto& pair) {
    return absl::StrFormat("{\"key\":%s,\"value\":%s}", JsonString(pair.key()),
                           ValueOf(pair.value()));
  });
}

inline std::string ValueOf(const OtlpValue& value) {
  switch (value.value_case()) {
    case OtlpValue::kStringValue:
      return "{\"stringValue\":" + JsonString(value.string_value()) + "}";
    case OtlpValue::kBoolValue:
      return value.bool_value() ? "{\"boolValue\":true}"
                                : "{\"boolValue\":false}";
    case OtlpValue::kIntValue:
      return absl::StrFormat("{\"intValue\":\"%d\"}", value.int_value());
    case OtlpValue::kDoubleValue:
      return absl::StrFormat("{\"doubleValue\":%.17g}", value.double_value());
    case OtlpValue::kArrayValue:
      return "{\"arrayValue\":{\"values\":" +
             Array(value.array_value().values(), &ValueOf) + "}}";
    case OtlpValue::kKvlistValue:
      return "{\"kvlistValue\":{\"values\":" +
             Pairs(value.kvlist_value().values()) + "}}";
    default:
      return "{}";
  }
}

inline std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(AbslView(bytes));
}

template <typename Group>
std::string ScopeOf(const Group& group) {
  return absl::StrFormat("{\"name\":%s}", JsonString(group.scope().name()));
}

inline std::string JsonOf(const OtlpTraces& request) {
  const auto span = [](const auto& s) {
    return absl::StrFormat(
        "{\"traceId\":\"%s\",\"spanId\":\"%s\",\"parentSpanId\":\"%s\","
        "\"name\":%s,\"kind\":%d,\"startTimeUnixNano\":\"%d\","
        "\"endTimeUnixNano\":\"%d\",\"attributes\":%s,\"status\":{\"code\":%d}"
        "}",
        Hex(s.trace_id()), Hex(s.span_id()), Hex(s.parent_span_id()),
        JsonString(s.name()), s.kind(), s.start_time_unix_nano(),
        s.end_time_unix_nano(), Pairs(s.attributes()), s.status().code());
  };
  return absl::StrFormat(
      "{\"resourceSpans\":%s}",
      Array(request.resource_spans(), [&span](const auto& resource) {
        return absl::StrFormat(
            "{\"resource\":{\"attributes\":%s},\"scopeSpans\":%s}",
            Pairs(resource.resource().attributes()),
            Array(resource.scope_spans(), [&span](const auto& group) {
              return absl::StrFormat("{\"scope\":%s,\"spans\":%s}",
                                     ScopeOf(group),
                                     Array(group.spans(), span));
            }));
      }));
}

inline std::string JsonOf(const OtlpLogs& request) {
  const auto log = [](const auto& l) {
    return absl::StrFormat(
        "{\"traceId\":\"%s\",\"spanId\":\"%s\",\"observedTimeUnixNano\":\"%d\","
        "\"eventName\":%s,\"body\":%s,\"attributes\":%s}",
        Hex(l.trace_id()), Hex(l.span_id()), l.observed_time_unix_nano(),
        JsonString(l.event_name()), ValueOf(l.body()), Pairs(l.attributes()));
  };
  return absl::StrFormat(
      "{\"resourceLogs\":%s}",
      Array(request.resource_logs(), [&log](const auto& resource) {
        return absl::StrFormat(
            "{\"resource\":{\"attributes\":%s},\"scopeLogs\":%s}",
            Pairs(resource.resource().attributes()),
            Array(resource.scope_logs(), [&log](const auto& group) {
              return absl::StrFormat("{\"scope\":%s,\"logRecords\":%s}",
                                     ScopeOf(group),
                                     Array(group.log_records(), log));
            }));
      }));
}

}  // namespace reasonwatch::otlp_test

#endif  // REASONWATCH_TESTS_TAP_OTLP_JSON_H_
