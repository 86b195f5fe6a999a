// SPDX-License-Identifier: Apache-2.0
// Large counts for people.
#ifndef REASONWATCH_UTIL_GROUPED_H_
#define REASONWATCH_UTIL_GROUPED_H_

#include <cstdint>
#include <string>

namespace reasonwatch {

// 1234567 as "1,234,567".
inline std::string Grouped(int64_t n) {
  std::string digits = std::to_string(n);
  const int64_t first = n < 0 ? 1 : 0;
  for (auto at = static_cast<int64_t>(digits.size()) - 3; at > first; at -= 3)
    digits.insert(static_cast<size_t>(at), 1, ',');
  return digits;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_GROUPED_H_
