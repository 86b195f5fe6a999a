// SPDX-License-Identifier: Apache-2.0
// The stored and exported names of an enumeration, in a table beside it.
//
//   enum class Colour : uint8_t { kRed, kBlue, kCount };
//   inline constexpr EnumNames<Colour, 2> kColourNames = {{"red", "blue"}};
//   static_assert(AllNamed(kColourNames));
//
// A value that was added without its name fails to compile. Names are part of
// stored state and of metrics: add one, never rename one.
#ifndef REASONWATCH_UTIL_ENUM_NAMES_H_
#define REASONWATCH_UTIL_ENUM_NAMES_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace reasonwatch {

template <typename E, size_t N>
struct EnumNames {
  std::array<std::string_view, N> names;
};

template <typename E, size_t N>
constexpr bool AllNamed(const EnumNames<E, N>& table) {
  for (size_t i = 0; i < N; ++i) {
    if (table.names[i].empty()) return false;
    for (size_t j = 0; j < i; ++j)
      if (table.names[i] == table.names[j]) return false;
  }
  return true;
}

// "invalid" for a value outside the enumeration.
template <typename E, size_t N>
constexpr std::string_view NameOf(const EnumNames<E, N>& table, E value) {
  const auto i = static_cast<size_t>(value);
  return i < N ? table.names[i] : std::string_view("invalid");
}

// The value of this name; nullopt if there is none.
template <typename E, size_t N>
constexpr std::optional<E> ValueOf(const EnumNames<E, N>& table,
                                   std::string_view name) {
  for (size_t i = 0; i < N; ++i)
    if (table.names[i] == name) return static_cast<E>(i);
  return std::nullopt;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_ENUM_NAMES_H_
