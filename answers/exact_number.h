// SPDX-License-Identifier: Apache-2.0
// Numbers of a formula: fractions while they fit, approximations always.
//
// Three types of real number share one reader of formulas: double for a first
// look, Lanes for a formula with variables (its value at each sample point, so
// that the formula is read once), Precise to confirm an equality. Pure,
// thread-safe; the tables of constants are made at first use.
#ifndef REASONWATCH_ANSWERS_EXACT_NUMBER_H_
#define REASONWATCH_ANSWERS_EXACT_NUMBER_H_

#include <array>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <utility>

namespace reasonwatch::formula {

// __extension__, which -Wpedantic asks for, takes no alias.
__extension__ typedef __int128 Int128;  // NOLINT(modernize-use-using)

// Sample points of a formula with variables. Half of them are negative in some
// variable, and roots and logarithms have no value there; eight are left.
inline constexpr int kSamples = 16;

// 50 decimal digits, three times those of a double: two numbers that only
// happen to be near each other in a double differ here.
using Precise =
    boost::multiprecision::number<boost::multiprecision::cpp_bin_float<50>,
                                  boost::multiprecision::et_off>;

// A value at every sample point.
struct Lanes {
  std::array<double, kSamples> at{};

  Lanes() = default;
  explicit Lanes(double v) { at.fill(v); }
  Lanes& operator/=(const Lanes& b) {
    for (size_t i = 0; i < at.size(); ++i) at[i] /= b.at[i];
    return *this;
  }
};
template <typename Function>
Lanes Each(const Lanes& a, Function f) {
  Lanes out;
  for (size_t i = 0; i < out.at.size(); ++i) out.at[i] = f(a.at[i]);
  return out;
}
template <typename Function>
Lanes Each(const Lanes& a, const Lanes& b, Function f) {
  Lanes out;
  for (size_t i = 0; i < out.at.size(); ++i) out.at[i] = f(a.at[i], b.at[i]);
  return out;
}
inline Lanes operator+(const Lanes& a, const Lanes& b) {
  return Each(a, b, std::plus<>());
}
inline Lanes operator*(const Lanes& a, const Lanes& b) {
  return Each(a, b, std::multiplies<>());
}
inline Lanes operator/(const Lanes& a, const Lanes& b) {
  return Each(a, b, std::divides<>());
}
inline Lanes operator-(const Lanes& a) { return Each(a, std::negate<>()); }

template <typename Real>
Real Nan() {
  return Real(std::numeric_limits<double>::quiet_NaN());
}

template <typename Real>
Real ToReal(Int128 v);
template <>
Lanes ToReal<Lanes>(Int128 v);

// The greatest common divisor, not negative.
Int128 Gcd(Int128 a, Int128 b);

// `approx` is always set; NaN for a value that does not exist. `exact`: the
// value is num / den in lowest terms with den > 0, both within 2^126, so that
// either can be negated.
template <typename Real>
struct Value {
  Real approx = Nan<Real>();
  bool exact = false;
  Int128 num = 0;
  Int128 den = 1;
};

template <typename Real>
Value<Real> Approximate(Real v) {
  return {std::move(v), false, 0, 1};
}

template <typename Real>
Value<Real> Exact(Int128 num, Int128 den) {
  if (den == 0) return Approximate(Nan<Real>());
  const Real approx =
      den == 1 ? ToReal<Real>(num) : ToReal<Real>(num) / ToReal<Real>(den);
  constexpr Int128 kMin = -(Int128{1} << 126);
  constexpr Int128 kMax = Int128{1} << 126;
  // Leaves room to negate.
  if (num < kMin || num > kMax || den < kMin || den > kMax)
    return Approximate<Real>(approx);
  const Int128 g = Gcd(num, den);
  if (g > 1) {
    num /= g;
    den /= g;
  }
  if (den < 0) {
    num = -num;
    den = -den;
  }
  return {approx, true, num, den};
}

template <typename Real>
Value<Real> Multiply(const Value<Real>& a, const Value<Real>& b) {
  Int128 num, den;
  if (a.exact && b.exact && !__builtin_mul_overflow(a.num, b.num, &num) &&
      !__builtin_mul_overflow(a.den, b.den, &den))
    return Exact<Real>(num, den);
  return Approximate<Real>(a.approx * b.approx);
}

template <typename Real>
Value<Real> Divide(const Value<Real>& a, const Value<Real>& b) {
  if (b.exact && b.num != 0)
    return Multiply(
        a, Value<Real>{Real(1) / b.approx, true, b.num < 0 ? -b.den : b.den,
                       b.num < 0 ? -b.num : b.num});
  return Approximate<Real>(a.approx / b.approx);
}

template <typename Real>
Value<Real> Negate(const Value<Real>& a) {
  return {Real(-a.approx), a.exact, -a.num, a.den};
}

template <typename Real>
Value<Real> Add(const Value<Real>& a, const Value<Real>& b) {
  Int128 x, y, num, den;
  if (a.exact && b.exact && !__builtin_mul_overflow(a.num, b.den, &x) &&
      !__builtin_mul_overflow(b.num, a.den, &y) &&
      !__builtin_add_overflow(x, y, &num) &&
      !__builtin_mul_overflow(a.den, b.den, &den))
    return Exact<Real>(num, den);
  return Approximate<Real>(a.approx + b.approx);
}

// Exact for a whole exponent of at most 128 in size while it fits. An odd root
// of a negative number is real: (-8)^(1/3) = -2.
template <typename Real>
Value<Real> Power(const Value<Real>& base, const Value<Real>& exponent);

// Exact if both numerator and denominator are squares.
template <typename Real>
Value<Real> SquareRoot(const Value<Real>& v);

}  // namespace reasonwatch::formula

#endif  // REASONWATCH_ANSWERS_EXACT_NUMBER_H_
