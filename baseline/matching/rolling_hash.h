// SPDX-License-Identifier: Apache-2.0
// Hashes of any stretch of a prompt's tokens in constant time.
//
// Polynomial, modulo the Mersenne prime 2^61 - 1. Const access is thread-safe.
#ifndef REASONWATCH_BASELINE_MATCHING_ROLLING_HASH_H_
#define REASONWATCH_BASELINE_MATCHING_ROLLING_HASH_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace reasonwatch {

class RollingHash {
 public:
  explicit RollingHash(const std::vector<uint32_t>& tokens)
      : prefix_(tokens.size() + 1), power_(tokens.size() + 1) {
    power_[0] = 1;
    for (size_t i = 0; i < tokens.size(); ++i) {
      prefix_[i + 1] = Multiply(prefix_[i], kBase) + tokens[i] + 1;
      if (prefix_[i + 1] >= kPrime) prefix_[i + 1] -= kPrime;
      power_[i + 1] = Multiply(power_[i], kBase);
    }
  }
  size_t tokens() const { return prefix_.size() - 1; }
  // The hash of tokens [begin, end).
  uint64_t Between(size_t begin, size_t end) const {
    const uint64_t head = Multiply(prefix_[begin], power_[end - begin]);
    return prefix_[end] >= head ? prefix_[end] - head
                                : prefix_[end] + kPrime - head;
  }
  // A short hash of the `window` tokens from `begin` on.
  uint32_t Window(size_t begin, size_t window) const {
    return static_cast<uint32_t>(
        (Between(begin, begin + window) * 0x9e3779b97f4a7c15u) >> 32);
  }

 private:
  static constexpr uint64_t kPrime = (uint64_t{1} << 61) - 1;
  // Any number without a short period modulo kPrime.
  static constexpr uint64_t kBase = 0x1f0d3a7c5b2e9647 % kPrime;

  static uint64_t Multiply(uint64_t a, uint64_t b) {
    __extension__ typedef unsigned __int128 Uint128;  // NOLINT
    const Uint128 product = static_cast<Uint128>(a) * b;
    uint64_t low = static_cast<uint64_t>(product & kPrime) +
                   static_cast<uint64_t>(product >> 61);
    if (low >= kPrime) low -= kPrime;
    return low;
  }

  std::vector<uint64_t> prefix_, power_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_ROLLING_HASH_H_
