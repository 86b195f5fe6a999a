// Numerical equality of formulas.
//
// Pure, thread-safe. Input is the output of NormalizeMath() (latex.h). A
// formula without variables is evaluated exactly as long as the fractions fit
// in 128 bits; formulas with variables are compared at fixed sample points, so
// that any two forms of the same function are equal.
#ifndef REASONWATCH_BASELINE_GRADING_EXPRESSION_H_
#define REASONWATCH_BASELINE_GRADING_EXPRESSION_H_

#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

// False also where one of them is no formula or too long (4 KiB) or too deep.
bool SameExpression(std::string_view a, std::string_view b);

// True where a = k * b for one constant k != 0: equations `a = 0`, `b = 0` say
// the same.
bool ProportionalExpressions(std::string_view a, std::string_view b);

// Is it a formula that can be evaluated?
bool IsExpression(std::string_view s);

// a is 100 times b, both without variables.
bool IsHundredfold(std::string_view a, std::string_view b);

// The number literals of a formula as written, ascending.
std::vector<std::string> NumberLiterals(std::string_view s);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_GRADING_EXPRESSION_H_
