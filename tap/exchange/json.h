// SPDX-License-Identifier: Apache-2.0
// Lookups in parsed JSON for the files of this folder: a key that is absent
// and a value of another kind are the same.
#ifndef REASONWATCH_TAP_EXCHANGE_JSON_H_
#define REASONWATCH_TAP_EXCHANGE_JSON_H_

#include <simdjson.h>

#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>

namespace reasonwatch {

template <typename T>
std::optional<T> ValueIn(const simdjson::dom::object& from,
                         std::string_view key) {
  T value;
  if (from[key].get(value) != simdjson::SUCCESS) return std::nullopt;
  return value;
}

inline std::string_view TextIn(const simdjson::dom::object& from,
                               std::string_view key) {
  return ValueIn<std::string_view>(from, key).value_or("");
}

// A whole number, also one that is written 512.0; clients of some languages
// know no other.
inline std::optional<int64_t> WholeIn(const simdjson::dom::object& from,
                                      std::string_view key) {
  const auto number = ValueIn<double>(from, key);
  constexpr double kMost = 9e15;  // under 2^53: whole numbers are exact
  if (!number.has_value() || !(std::abs(*number) <= kMost) ||
      *number != std::floor(*number))
    return std::nullopt;
  return static_cast<int64_t>(*number);
}

template <typename F>
void InObject(const simdjson::dom::object& from, std::string_view key, F read) {
  if (const auto inner = ValueIn<simdjson::dom::object>(from, key))
    read(*inner);
}

template <typename F>
void EachObject(const simdjson::dom::object& from, std::string_view key,
                F read) {
  simdjson::dom::array entries;
  if (from[key].get(entries) != simdjson::SUCCESS) return;
  for (const simdjson::dom::element& entry : entries) {
    simdjson::dom::object object;
    if (entry.get(object) == simdjson::SUCCESS) read(object);
  }
}

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_EXCHANGE_JSON_H_
