// SPDX-License-Identifier: Apache-2.0
// Equality of two mathematical answers.
//
// Pure, thread-safe, bounded: an answer over 4 KiB is compared as a string, and
// nesting beyond six levels is unequal.
#ifndef REASONWATCH_ANSWERS_MATH_H_
#define REASONWATCH_ANSWERS_MATH_H_

#include <string_view>

namespace reasonwatch {

// Both without surrounding prose. Knows numbers, formulas, sets, tuples,
// intervals and their unions, inequalities, equations, matrices, plus-minus.
bool MathEqual(std::string_view gold, std::string_view answer);

// Does only the right side of an equation equal the other: "2p - q = 5" and 5?
// It may be another equation or a value with its name.
bool IsLooselyEqual(std::string_view gold, std::string_view answer);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_MATH_H_
