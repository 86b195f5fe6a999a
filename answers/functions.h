// SPDX-License-Identifier: Apache-2.0
// Named functions and constants of a formula.
//
// Pure, thread-safe. Each exists for double, Lanes and Precise.
#ifndef REASONWATCH_ANSWERS_FUNCTIONS_H_
#define REASONWATCH_ANSWERS_FUNCTIONS_H_

#include <string_view>

#include "answers/exact_number.h"

namespace reasonwatch::formula {

// `apply` gives NaN outside the function's domain. Angles are in radians; the
// logarithm without a base is the natural one.
template <typename Real>
struct Function {
  std::string_view name;
  Real (*apply)(const Real&);
};

// Null for a name that is no function. "exp" is one, but e^x is how its value
// is computed (formula_reader.cc), so that both are the same number.
template <typename Real>
const Function<Real>* FindFunction(std::string_view name);

// The value of the inverse of sin, cos or tan, NaN for any other name.
template <typename Real>
Real Inverse(std::string_view name, const Real& x);

// Gamma(x + 1); NaN below 0 and above 170, whose factorial is the last that a
// double holds.
inline constexpr int kMaxFactorial = 170;
template <typename Real>
Real Factorial(const Real& x);

template <typename Real>
const Real& Pi();
template <typename Real>
const Real& Euler();
template <>
const Lanes& Pi<Lanes>();
template <>
const Lanes& Euler<Lanes>();

}  // namespace reasonwatch::formula

#endif  // REASONWATCH_ANSWERS_FUNCTIONS_H_
