// Fields of a parsed JSON object, for the readers of this folder.
#ifndef REASONWATCH_FORMATS_API_JSON_H_
#define REASONWATCH_FORMATS_API_JSON_H_

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/response.h"

namespace reasonwatch {

// Absent where the key is, or where its value is of another kind.
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
