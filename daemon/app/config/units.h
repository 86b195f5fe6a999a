// SPDX-License-Identifier: Apache-2.0
// Numbers of the configuration with their unit: sizes (64MiB) and times (7d).
#ifndef REASONWATCH_DAEMON_APP_CONFIG_UNITS_H_
#define REASONWATCH_DAEMON_APP_CONFIG_UNITS_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "util/strings.h"

namespace reasonwatch {

inline constexpr int64_t kKiB = int64_t{1} << 10;
inline constexpr int64_t kMiB = int64_t{1} << 20;
inline constexpr int64_t kGiB = int64_t{1} << 30;

struct Unit {
  std::string_view name;
  int64_t factor;
};
// The largest first: printing uses the first that divides the value.
inline constexpr Unit kSizeUnits[] = {
    {"GiB", kGiB}, {"MiB", kMiB}, {"KiB", kKiB}, {"B", 1}};
inline constexpr Unit kTimeUnits[] = {
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}};

// The value in the smallest unit; nothing if `s` is not a number with one of
// the units, or too large.
template <size_t N>
std::optional<int64_t> ParseUnits(std::string_view s, const Unit (&units)[N]) {
  size_t digits = 0;
  while (digits < s.size() && s[digits] >= '0' && s[digits] <= '9') ++digits;
  int64_t number = 0;
  if (!absl::SimpleAtoi(AbslView(s.substr(0, digits)), &number))
    return std::nullopt;
  for (const Unit& unit : units) {
    int64_t value = 0;
    if (unit.name == s.substr(digits) &&
        !__builtin_mul_overflow(number, unit.factor, &value))
      return value;
  }
  return std::nullopt;
}

template <size_t N>
std::string PrintUnits(int64_t value, const Unit (&units)[N]) {
  for (const Unit& unit : units)
    if (value != 0 && value % unit.factor == 0)
      return absl::StrCat(value / unit.factor, AbslView(unit.name));
  return absl::StrCat(value, AbslView(units[N - 1].name));
}

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_CONFIG_UNITS_H_
