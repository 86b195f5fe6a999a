// Up to eight bytes of a text as one number.
#ifndef REASONWATCH_FEATURES_LOAD_H_
#define REASONWATCH_FEATURES_LOAD_H_

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

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LOAD_H_
