// SPDX-License-Identifier: Apache-2.0
// Several bytes of a text at once.
#ifndef REASONWATCH_UTIL_LOAD_H_
#define REASONWATCH_UTIL_LOAD_H_

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace reasonwatch {

// The first `n` bytes at `p`, 8 at most; different for different bytes of the
// same n. Reads nothing beyond them.
inline uint64_t LoadUpTo8(const char* p, size_t n) {
  if (n >= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    return word;
  }
  if (n >= 4) {
    uint32_t low;
    uint32_t high;
    std::memcpy(&low, p, 4);
    std::memcpy(&high, p + n - 4, 4);
    return low | uint64_t{high} << 32;
  }
  if (n == 0) return 0;
  const auto byte = [p](size_t i) {
    return uint64_t{static_cast<unsigned char>(p[i])};
  };
  return byte(0) | byte(n / 2) << 8 | byte(n - 1) << 16;
}

// 16 bytes, by the compiler's own vectors: SSE2 or NEON. A comparison of two
// gives a mask of bytes that are 0 or -1.
using Bytes = uint8_t __attribute__((vector_size(16)));
// Times a byte: eight of it.
inline constexpr uint64_t kOneInEachByte = 0x0101010101010101;

inline Bytes LoadBytes(const char* p) {
  Bytes bytes;
  std::memcpy(&bytes, p, sizeof(bytes));
  return bytes;
}
template <typename Mask>
std::array<uint64_t, 2> Halves(Mask mask) {
  return std::bit_cast<std::array<uint64_t, 2>>(mask);
}
// Sum of the 16 bytes.
inline int64_t SumOf(Bytes bytes) {
  constexpr uint64_t kEven = 0x00FF00FF00FF00FF;  // bytes 0, 2, 4 and 6
  int64_t sum = 0;
  for (const uint64_t half : Halves(bytes)) {
    const uint64_t sums = (half & kEven) + (half >> 8 & kEven);
    sum += static_cast<int64_t>(sums * 0x0001000100010001 >> 48);
  }
  return sum;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_LOAD_H_
