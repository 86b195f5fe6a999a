// SPDX-License-Identifier: Apache-2.0
// Token counts that a server or a tap gives.
#ifndef REASONWATCH_CORE_USAGE_H_
#define REASONWATCH_CORE_USAGE_H_

#include <cstdint>
#include <optional>

namespace reasonwatch {

struct Usage {
  std::optional<int64_t> input_tokens;
  std::optional<int64_t> output_tokens;
  std::optional<int64_t> reasoning_tokens;
  bool operator==(const Usage&) const = default;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_USAGE_H_
