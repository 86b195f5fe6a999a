// Equality of two mathematical answers.
//
// Pure, thread-safe, bounded: what is over 4 KiB is compared as a string, and
// nesting beyond six levels is unequal.
#ifndef REASONWATCH_BASELINE_GRADING_MATH_H_
#define REASONWATCH_BASELINE_GRADING_MATH_H_

#include <string_view>

namespace reasonwatch {

// Both without surrounding prose. Knows numbers, formulas, sets, tuples,
// intervals and their unions, inequalities, equations, matrices, plus-minus.
bool MathEqual(std::string_view gold, std::string_view answer);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_GRADING_MATH_H_
