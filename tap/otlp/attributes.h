// SPDX-License-Identifier: Apache-2.0
// Attributes of a span or a log record by name. One that the record does not
// have is looked up in its scope and its resource, so that an operator can add
// what an emitter leaves out, e.g. by OTEL_RESOURCE_ATTRIBUTES.
#ifndef REASONWATCH_TAP_OTLP_ATTRIBUTES_H_
#define REASONWATCH_TAP_OTLP_ATTRIBUTES_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "opentelemetry/proto/common/v1/common.pb.h"

namespace reasonwatch {

using OtlpValue = opentelemetry::proto::common::v1::AnyValue;
using OtlpAttributes = google::protobuf::RepeatedPtrField<
    opentelemetry::proto::common::v1::KeyValue>;
// Names of one thing, the one that counts most first.
using AttributeNames = std::initializer_list<std::string_view>;

// Views into messages that must outlive it. Values of another type than asked
// for read as absent. Text is checked: bytes that are not UTF-8 are repaired.
class Attributes {
 public:
  explicit Attributes(const OtlpAttributes& own) : lists_{&own} {}
  // Adds a list that is asked after all those before.
  void AddFallback(const OtlpAttributes& list) { lists_.push_back(&list); }

  // Null if none of the names has a value.
  const OtlpValue* Find(AttributeNames names) const;
  const OtlpValue* Find(std::string_view name) const { return Find({name}); }
  bool Has(AttributeNames names) const { return Find(names) != nullptr; }

  std::string Text(AttributeNames names) const;  // "" if absent
  // A string, or the first string of an array.
  std::string FirstText(AttributeNames names) const;
  // A whole number of 0 or more, also one that is written as text.
  std::optional<int64_t> Count(AttributeNames names) const;
  std::optional<double> Number(AttributeNames names) const;  // finite
  std::optional<bool> Flag(AttributeNames names) const;
  // JSON: the text itself if the value is one, else the value's own form.
  std::string Json(AttributeNames names) const;

  // Calls `take(rest of the name, value)` for the record's own attributes whose
  // names begin with `prefix`, in their order.
  template <typename F>
  void WithPrefix(std::string_view prefix, F take) const {
    for (const auto& pair : *lists_.front()) {
      std::string_view key = pair.key();
      if (!key.starts_with(prefix)) continue;
      key.remove_prefix(prefix.size());
      take(key, pair.value());
    }
  }

 private:
  std::vector<const OtlpAttributes*> lists_;
};

// A value as JSON. Nesting beyond 32 levels is null.
std::string ValueJson(const OtlpValue& value);
// The text of a string value, repaired; "" of any other.
std::string ValueText(const OtlpValue& value);
// `text`, repaired if it is not UTF-8.
std::string CheckedUtf8(std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_OTLP_ATTRIBUTES_H_
