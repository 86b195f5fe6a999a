// SPDX-License-Identifier: Apache-2.0
// Which solved problem a prompt asks.
#ifndef REASONWATCH_CORE_MATCH_H_
#define REASONWATCH_CORE_MATCH_H_

#include <cstdint>

namespace reasonwatch {

enum class MatchKind : uint8_t { kNone, kExact, kNear };
struct Match {
  MatchKind kind = MatchKind::kNone;
  uint64_t problem = 0;    // digest of the problem that is asked, 0 = unknown
  uint64_t neighbour = 0;  // kNear: the baseline's problem that is like it
  float distance = 0;      // kNear: to the neighbour, in (0, 0.5]
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_MATCH_H_
