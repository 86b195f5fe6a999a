// SPDX-License-Identifier: Apache-2.0
// Numerical equality of formulas.
//
// Pure, thread-safe. Input is the output of NormalizeMath() (latex.h). A
// formula without variables is evaluated exactly as long as the fractions fit
// in 128 bits; formulas with variables are compared at fixed sample points, so
// that any two forms of the same function are equal.
#ifndef REASONWATCH_ANSWERS_SAME_FORMULA_H_
#define REASONWATCH_ANSWERS_SAME_FORMULA_H_

#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

// False also if one of them is no formula, over 4 KiB, or nested over 48
// levels.
bool SameFormula(std::string_view a, std::string_view b);

// True if a = k * b for one constant k != 0: equations `a = 0`, `b = 0` say the
// same.
bool ProportionalFormulas(std::string_view a, std::string_view b);

// Does the value of `answer`, given with more places or as a formula without
// variables, round to `gold`, a decimal? kMaybe: it does, but the gold answer
// has so few digits (under five, or under two places) that it may be exact.
enum class Rounding { kNo, kMaybe, kYes };
Rounding RoundsTo(std::string_view gold, std::string_view answer);

// Is it a formula that can be evaluated?
bool IsFormula(std::string_view s);

// a is 100 times b, both without variables.
bool IsHundredfold(std::string_view a, std::string_view b);

// The number literals of a formula as written, ascending.
std::vector<std::string> NumberLiterals(std::string_view s);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_SAME_FORMULA_H_
