// SPDX-License-Identifier: Apache-2.0
// One function a message, which fills the message that protobuf would have
// parsed. Each looks its keys up under both spellings, because some emitters
// write the names of the .proto files.
//
// In order: lookups, values, attributes, spans, log records.
#include "tap/otlp/json_requests.h"

#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "tap/otlp/attributes.h"
#include "util/json.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

using opentelemetry::proto::common::v1::InstrumentationScope;
using opentelemetry::proto::logs::v1::LogRecord;
using opentelemetry::proto::trace::v1::Span;
using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::object;

constexpr int kMaxDepth = 64;  // protobuf's own limit is 100

bool Find(const object& from, std::string_view camel, std::string_view snake,
          element& value) {
  return (from[camel].get(value) == simdjson::SUCCESS ||
          from[snake].get(value) == simdjson::SUCCESS) &&
         !value.is_null();
}

std::string_view Text(const object& from, std::string_view camel,
                      std::string_view snake) {
  element value;
  std::string_view text;
  if (!Find(from, camel, snake, value) || value.get(text) != simdjson::SUCCESS)
    return "";
  return text;
}

std::string Hex(const object& from, std::string_view camel,
                std::string_view snake) {
  const std::string_view text = Text(from, camel, snake);
  for (char c : text)
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c)))
      return std::string(text);  // of a wrong length, which is counted
  return text.size() % 2 == 0 ? absl::HexStringToBytes(AbslView(text))
                              : std::string(text);
}

int64_t ToInteger(element value) {
  int64_t number = 0;
  uint64_t large = 0;
  std::string_view text;
  if (value.get(number) == simdjson::SUCCESS) return number;
  if (value.get(large) == simdjson::SUCCESS) return static_cast<int64_t>(large);
  if (value.get(text) == simdjson::SUCCESS &&
      absl::SimpleAtoi(AbslView(text), &number))
    return number;
  return 0;
}

uint64_t Nanoseconds(const object& from, std::string_view camel,
                     std::string_view snake) {
  element value;
  if (!Find(from, camel, snake, value)) return 0;
  const int64_t number = ToInteger(value);
  return number < 0 ? 0 : static_cast<uint64_t>(number);
}

int32_t Enumerator(const object& from, std::string_view name) {
  element value;
  if (from[name].get(value) != simdjson::SUCCESS) return 0;
  std::string_view text;
  // Some write the name of the value.
  if (value.get(text) == simdjson::SUCCESS) {
    if (text == "SPAN_KIND_SERVER" || text == "STATUS_CODE_ERROR") return 2;
    if (text == "SPAN_KIND_CLIENT") return 3;
  }
  return static_cast<int32_t>(ToInteger(value));
}

template <typename F>
void Each(const object& from, std::string_view camel, std::string_view snake,
          F take) {
  element value;
  array list;
  if (!Find(from, camel, snake, value) || value.get(list) != simdjson::SUCCESS)
    return;
  for (const element& entry : list) {
    object inner;
    if (entry.get(inner) == simdjson::SUCCESS) take(inner);
  }
}

void ReadAttributes(const object& from, int depth, OtlpAttributes& out);

void ReadValue(const object& from, int depth, OtlpValue& out) {
  if (depth > kMaxDepth) return;
  element value;
  object inner;
  std::string_view text;
  bool flag = false;
  double number = 0;
  if (Find(from, "stringValue", "string_value", value)) {
    if (value.get(text) == simdjson::SUCCESS)
      out.set_string_value(std::string(text));
  } else if (Find(from, "boolValue", "bool_value", value)) {
    if (value.get(flag) == simdjson::SUCCESS) out.set_bool_value(flag);
  } else if (Find(from, "intValue", "int_value", value)) {
    out.set_int_value(ToInteger(value));
  } else if (Find(from, "doubleValue", "double_value", value)) {
    if (value.get(number) == simdjson::SUCCESS) {
      out.set_double_value(number);
    } else {  // "NaN", "Infinity"
      out.set_double_value(std::numeric_limits<double>::quiet_NaN());
    }
  } else if (Find(from, "arrayValue", "array_value", value)) {
    auto& list = *out.mutable_array_value();
    if (value.get(inner) == simdjson::SUCCESS)
      Each(inner, "values", "values", [&](const object& entry) {
        ReadValue(entry, depth + 1, *list.add_values());
      });
  } else if (Find(from, "kvlistValue", "kvlist_value", value)) {
    auto& list = *out.mutable_kvlist_value()->mutable_values();
    if (value.get(inner) != simdjson::SUCCESS) return;
    Each(inner, "values", "values", [&](const object& entry) {
      auto& pair = *list.Add();
      pair.set_key(std::string(Text(entry, "key", "key")));
      object nested;
      if (entry["value"].get(nested) == simdjson::SUCCESS)
        ReadValue(nested, depth + 1, *pair.mutable_value());
    });
  } else if (Find(from, "bytesValue", "bytes_value", value)) {
    std::string bytes;
    if (value.get(text) == simdjson::SUCCESS &&
        absl::Base64Unescape(AbslView(text), &bytes))
      out.set_bytes_value(bytes);
  }
}

void ReadAttributes(const object& from, int depth, OtlpAttributes& out) {
  Each(from, "attributes", "attributes", [&](const object& entry) {
    auto& pair = *out.Add();
    pair.set_key(std::string(Text(entry, "key", "key")));
    object value;
    if (entry["value"].get(value) == simdjson::SUCCESS)
      ReadValue(value, depth + 1, *pair.mutable_value());
  });
}

void ReadScope(const object& from, InstrumentationScope& out) {
  object scope;
  if (from["scope"].get(scope) != simdjson::SUCCESS) return;
  out.set_name(std::string(Text(scope, "name", "name")));
  out.set_version(std::string(Text(scope, "version", "version")));
  ReadAttributes(scope, 0, *out.mutable_attributes());
}

void ReadSpan(const object& from, Span& out) {
  out.set_trace_id(Hex(from, "traceId", "trace_id"));
  out.set_span_id(Hex(from, "spanId", "span_id"));
  out.set_parent_span_id(Hex(from, "parentSpanId", "parent_span_id"));
  out.set_name(std::string(Text(from, "name", "name")));
  out.set_kind(Enumerator(from, "kind"));
  out.set_start_time_unix_nano(
      Nanoseconds(from, "startTimeUnixNano", "start_time_unix_nano"));
  out.set_end_time_unix_nano(
      Nanoseconds(from, "endTimeUnixNano", "end_time_unix_nano"));
  ReadAttributes(from, 0, *out.mutable_attributes());
  Each(from, "events", "events", [&out](const object& entry) {
    Span::Event& event = *out.add_events();
    event.set_name(std::string(Text(entry, "name", "name")));
    event.set_time_unix_nano(
        Nanoseconds(entry, "timeUnixNano", "time_unix_nano"));
    ReadAttributes(entry, 0, *event.mutable_attributes());
  });
  object status;
  if (from["status"].get(status) == simdjson::SUCCESS)
    out.mutable_status()->set_code(Enumerator(status, "code"));
}

void ReadLog(const object& from, LogRecord& out) {
  out.set_trace_id(Hex(from, "traceId", "trace_id"));
  out.set_span_id(Hex(from, "spanId", "span_id"));
  out.set_time_unix_nano(Nanoseconds(from, "timeUnixNano", "time_unix_nano"));
  out.set_observed_time_unix_nano(
      Nanoseconds(from, "observedTimeUnixNano", "observed_time_unix_nano"));
  out.set_event_name(std::string(Text(from, "eventName", "event_name")));
  object body;
  if (from["body"].get(body) == simdjson::SUCCESS)
    ReadValue(body, 0, *out.mutable_body());
  ReadAttributes(from, 0, *out.mutable_attributes());
}

// Calls `read(object)` with the document, if it is one.
template <typename F>
bool WithRoot(std::string_view json, F read) {
  simdjson::dom::parser parser;
  object root;
  // One string that is not UTF-8 would lose the whole document.
  const std::string text = CheckedUtf8(json);
  if (ParseJson(parser, text).get(root) != simdjson::SUCCESS) return false;
  read(root);
  return true;
}

}  // namespace

bool ReadOtlpJson(std::string_view json, OtlpTraces& request) {
  return WithRoot(json, [&request](const object& root) {
    Each(root, "resourceSpans", "resource_spans", [&](const object& entry) {
      auto& resource = *request.add_resource_spans();
      object inner;
      if (entry["resource"].get(inner) == simdjson::SUCCESS)
        ReadAttributes(inner, 0,
                       *resource.mutable_resource()->mutable_attributes());
      Each(entry, "scopeSpans", "scope_spans", [&](const object& group) {
        auto& scope = *resource.add_scope_spans();
        ReadScope(group, *scope.mutable_scope());
        Each(group, "spans", "spans", [&scope](const object& span) {
          ReadSpan(span, *scope.add_spans());
        });
      });
    });
  });
}

bool ReadOtlpJson(std::string_view json, OtlpLogs& request) {
  return WithRoot(json, [&request](const object& root) {
    Each(root, "resourceLogs", "resource_logs", [&](const object& entry) {
      auto& resource = *request.add_resource_logs();
      object inner;
      if (entry["resource"].get(inner) == simdjson::SUCCESS)
        ReadAttributes(inner, 0,
                       *resource.mutable_resource()->mutable_attributes());
      Each(entry, "scopeLogs", "scope_logs", [&](const object& group) {
        auto& scope = *resource.add_scope_logs();
        ReadScope(group, *scope.mutable_scope());
        Each(group, "logRecords", "log_records", [&scope](const object& log) {
          ReadLog(log, *scope.add_log_records());
        });
      });
    });
  });
}

}  // namespace reasonwatch
