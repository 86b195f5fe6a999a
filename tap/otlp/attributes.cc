// SPDX-License-Identifier: Apache-2.0
#include "tap/otlp/attributes.h"

#include <simdjson.h>

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "tap/repair_utf8.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

constexpr int kMaxDepth = 32;  // far deeper than messages with parts

void Append(const OtlpValue& value, int depth, std::string& out) {
  if (depth > kMaxDepth) {
    out += "null";
    return;
  }
  switch (value.value_case()) {
    case OtlpValue::kStringValue:
      out += JsonString(CheckedUtf8(value.string_value()));
      return;
    case OtlpValue::kBytesValue:
      out += JsonString(CheckedUtf8(value.bytes_value()));
      return;
    case OtlpValue::kBoolValue:
      out += value.bool_value() ? "true" : "false";
      return;
    case OtlpValue::kIntValue:
      out += std::to_string(value.int_value());
      return;
    case OtlpValue::kDoubleValue:
      out += std::isfinite(value.double_value())
                 ? absl::StrFormat("%.17g", value.double_value())
                 : "null";
      return;
    case OtlpValue::kArrayValue: {
      out += '[';
      bool first = true;
      for (const OtlpValue& entry : value.array_value().values()) {
        if (!std::exchange(first, false)) out += ',';
        Append(entry, depth + 1, out);
      }
      out += ']';
      return;
    }
    case OtlpValue::kKvlistValue: {
      out += '{';
      bool first = true;
      for (const auto& pair : value.kvlist_value().values()) {
        if (!std::exchange(first, false)) out += ',';
        out += JsonString(CheckedUtf8(pair.key()));
        out += ':';
        Append(pair.value(), depth + 1, out);
      }
      out += '}';
      return;
    }
    default:
      out += "null";
  }
}

}  // namespace

std::string CheckedUtf8(std::string_view text) {
  if (simdjson::validate_utf8(text.data(), text.size()))
    return std::string(text);
  return ReplaceInvalidUtf8(text);
}

std::string ValueJson(const OtlpValue& value) {
  std::string out;
  Append(value, 0, out);
  return out;
}

std::string ValueText(const OtlpValue& value) {
  return value.has_string_value() ? CheckedUtf8(value.string_value()) : "";
}

const OtlpValue* Attributes::Find(AttributeNames names) const {
  for (const OtlpAttributes* list : lists_)
    for (std::string_view name : names)
      for (const auto& pair : *list)
        if (pair.key() == name &&
            pair.value().value_case() != OtlpValue::VALUE_NOT_SET)
          return &pair.value();
  return nullptr;
}

std::string Attributes::Text(AttributeNames names) const {
  const OtlpValue* value = Find(names);
  return value == nullptr ? "" : ValueText(*value);
}

std::string Attributes::FirstText(AttributeNames names) const {
  const OtlpValue* value = Find(names);
  if (value == nullptr) return "";
  if (value->has_array_value() && !value->array_value().values().empty())
    return ValueText(value->array_value().values(0));
  return ValueText(*value);
}

std::optional<double> Attributes::Number(AttributeNames names) const {
  const OtlpValue* value = Find(names);
  if (value == nullptr) return std::nullopt;
  double number = 0;
  if (value->has_int_value()) {
    number = static_cast<double>(value->int_value());
  } else if (value->has_double_value()) {
    number = value->double_value();
  } else if (!value->has_string_value() ||
             !absl::SimpleAtod(value->string_value(), &number)) {
    return std::nullopt;
  }
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

std::optional<int64_t> Attributes::Count(AttributeNames names) const {
  constexpr double kMost = 9e15;  // under 2^53: whole numbers are exact
  const std::optional<double> number = Number(names);
  if (!number.has_value() || *number < 0 || *number > kMost ||
      *number != std::floor(*number))
    return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<bool> Attributes::Flag(AttributeNames names) const {
  const OtlpValue* value = Find(names);
  if (value == nullptr) return std::nullopt;
  if (value->has_bool_value()) return value->bool_value();
  const std::string text = ValueText(*value);
  if (text == "true" || text == "True") return true;
  if (text == "false" || text == "False") return false;
  return std::nullopt;
}

std::string Attributes::Json(AttributeNames names) const {
  const OtlpValue* value = Find(names);
  if (value == nullptr) return "";
  return value->has_string_value() ? CheckedUtf8(value->string_value())
                                   : ValueJson(*value);
}

}  // namespace reasonwatch
