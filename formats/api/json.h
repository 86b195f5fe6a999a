// SPDX-License-Identifier: Apache-2.0
// Fields of a parsed JSON object, for the readers of this folder.
#ifndef REASONWATCH_FORMATS_API_JSON_H_
#define REASONWATCH_FORMATS_API_JSON_H_

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace reasonwatch {

// Absent if the key is, or if its value is of another kind.
inline std::optional<std::string_view> GetString(
    const simdjson::dom::object& from, std::string_view key) {
  std::string_view value;
  if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

inline std::optional<simdjson::dom::object> GetObject(
    const simdjson::dom::object& from, std::string_view key) {
  simdjson::dom::object value;
  if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

inline std::optional<simdjson::dom::array> GetArray(
    const simdjson::dom::object& from, std::string_view key) {
  simdjson::dom::array value;
  if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

// Counts are not negative; servers that don't know send null or -1.
inline std::optional<int64_t> GetCount(const simdjson::dom::object& from,
                                       std::string_view key) {
  int64_t value = 0;
  if (from[key].get(value) != simdjson::SUCCESS || value < 0)
    return std::nullopt;
  return value;
}

// A stream may say a count more than once; the last one counts most.
inline void TakeCount(const simdjson::dom::object& from, std::string_view key,
                      std::optional<int64_t>& into) {
  if (const auto count = GetCount(from, key)) into = count;
}

// Whether a value says anything: not null, false, "", 0 or an empty list or
// object.
inline bool HoldsSomething(const simdjson::dom::element& value) {
  switch (value.type()) {
    case simdjson::dom::element_type::STRING:
      return value.get_string_length().value_unsafe() > 0;
    case simdjson::dom::element_type::ARRAY:
      return simdjson::dom::array(value).begin() !=
             simdjson::dom::array(value).end();
    case simdjson::dom::element_type::OBJECT:
      return simdjson::dom::object(value).begin() !=
             simdjson::dom::object(value).end();
    case simdjson::dom::element_type::BOOL:
      return bool(value);
    case simdjson::dom::element_type::NULL_VALUE:
      return false;
    case simdjson::dom::element_type::INT64:
      return int64_t(value) != 0;
    default:
      return true;
  }
}

// Arguments of a tool call as JSON: the text of them, or the object that they
// are. An empty object is "", as servers begin a stream of pieces with one.
inline std::string ArgumentsOf(const simdjson::dom::object& from,
                               std::string_view key) {
  simdjson::dom::element value;
  if (from[key].get(value) != simdjson::SUCCESS) return {};
  if (std::string_view text; value.get(text) == simdjson::SUCCESS)
    return std::string(text);
  return HoldsSomething(value) ? std::string(simdjson::minify(value))
                               : std::string();
}

// Calls `take` with each element that is an object.
template <typename F>
void ForEachObject(const simdjson::dom::array& array, F take) {
  for (const simdjson::dom::element& entry : array) {
    simdjson::dom::object object;
    if (entry.get(object) == simdjson::SUCCESS) take(object);
  }
}

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_JSON_H_
