// SPDX-License-Identifier: Apache-2.0
// Numbers in running text, to compare a stated number with a derived one.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_QUANTITIES_H_
#define REASONWATCH_ANSWERS_QUANTITIES_H_

#include <cstddef>
#include <string_view>

namespace reasonwatch {

// A number without its sign: "1,234.50", "1{,}234", ".5". A sign is often a
// dash, and a loss is often in words, so signs are not compared.
struct Quantity {
  double value = 0;
  int decimals = 0;      // digits behind the point
  bool percent = false;  // a percent sign follows
  size_t begin = 0;
  size_t end = 0;  // one past the number, without the percent sign
};

// The first number of `text` at or behind `from`; false if there is none.
bool NextQuantity(std::string_view text, size_t from, Quantity& quantity);

// The value of "3/4", "\frac{3}{4}", "2 1/2" or a plain number; false unless
// `text` holds one quantity and no other. Units and currency are skipped.
bool SingleQuantity(std::string_view text, Quantity& quantity);

// Equal, or equal when the one with more decimals is rounded to the other's,
// or a percentage beside its share of one.
bool SameQuantity(const Quantity& a, const Quantity& b);

// Does any number of `text`, or a fraction of two neighbours, equal `wanted`?
bool HoldsQuantity(std::string_view text, const Quantity& wanted);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_QUANTITIES_H_
