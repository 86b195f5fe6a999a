// SPDX-License-Identifier: Apache-2.0
// Which responses are comparable with each other.
#ifndef REASONWATCH_CORE_STRATUM_H_
#define REASONWATCH_CORE_STRATUM_H_

#include <cstdint>

namespace reasonwatch {

// The key by which responses are comparable, made from the request only
// (features/ strata). Packed so that it can be a key; fields are small
// enumerations.
struct Stratum {
  uint8_t intent = 0;         // thinking x effort
  uint8_t task = 0;           // task kind
  uint8_t fill = 0;           // 0 under 50 % or unknown, 1 50-75 %, 2 over
  uint8_t turn = 0;           // 0 first or unknown, 1 2-5, 2 6 and later
  uint8_t tool = 0;           // 1 = tool turn
  uint8_t prompt_length = 0;  // tercile, only for rows without text
  uint8_t language = 0;       // script of the prompt
  // Prompts that came after the reference (detectors/traffic); 0 = as there.
  uint8_t kind = 0;
  bool operator==(const Stratum&) const = default;
  uint64_t Key() const;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_STRATUM_H_
