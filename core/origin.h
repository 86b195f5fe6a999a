// SPDX-License-Identifier: Apache-2.0
// The cause of a response.
#ifndef REASONWATCH_CORE_ORIGIN_H_
#define REASONWATCH_CORE_ORIGIN_H_

#include <cstdint>

namespace reasonwatch {

// Only kLive is traffic of clients; Reasonwatch itself caused the others.
enum class Origin : uint8_t { kLive, kCanary, kRescore, kSelftest };

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_ORIGIN_H_
