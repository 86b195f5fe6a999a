// SPDX-License-Identifier: Apache-2.0
// Words and signs beside a number that make another statement of it: a bound
// ("at least 5"), a denial ("anything but 5"), an operation ("log 5", "5x").
//
// Pure, thread-safe, constant time. Texts are those of ReadPlainText().
#ifndef REASONWATCH_ANSWERS_QUALIFIERS_H_
#define REASONWATCH_ANSWERS_QUALIFIERS_H_

#include <string_view>

namespace reasonwatch {

// Do the words at the end of `before` deny the number or name behind them, or
// make a bound of it?
bool IsLimited(std::string_view before);

// Is the number between `before` and `after` an operand: behind the name of a
// function or a root's sign, or touched by the letter of a variable?
bool IsOperand(std::string_view before, std::string_view after);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_QUALIFIERS_H_
