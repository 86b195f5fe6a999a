// SPDX-License-Identifier: Apache-2.0
#include "answers/exact_number.h"

#include <cmath>
#include <optional>

#include "answers/functions.h"

namespace reasonwatch::formula {
namespace {

__extension__ typedef unsigned __int128 Uint128;  // NOLINT

// Larger exponents overflow any fraction, and cost a product each.
constexpr int kMaxExactExponent = 128;
// Squares of numbers below this fit in 128 bits.
constexpr Int128 kMaxRoot = Int128{1} << 60;

// Found for double; those of Precise are found by its namespace.
using std::pow;

template <typename Real>
Real IntegerPower(Real base, int exponent) {
  Real result(1);
  for (int n = std::abs(exponent); n > 0; n >>= 1) {
    if (n % 2 == 1) result = result * base;
    base = base * base;
  }
  return exponent < 0 ? Real(1) / result : result;
}

template <typename Real>
Real OddRoot(const Real& base, const Real& exponent, bool negative) {
  if (!(base < 0)) return pow(base, exponent);
  const Real magnitude = pow(Real(-base), exponent);
  return negative ? Real(-magnitude) : magnitude;
}
Lanes OddRoot(const Lanes& base, const Lanes& exponent, bool negative) {
  return Each(base, exponent, [negative](double b, double e) {
    return OddRoot(b, e, negative);
  });
}
Lanes pow(const Lanes& base, const Lanes& exponent) {
  return Each(base, exponent,
              [](double b, double e) { return std::pow(b, e); });
}

std::optional<Int128> IntegerRoot(Int128 v) {
  if (v < 0) return std::nullopt;
  const auto root =
      static_cast<Int128>(std::llround(std::sqrt(static_cast<double>(v))));
  if (root < kMaxRoot && root * root == v) return root;
  return std::nullopt;
}

}  // namespace

template <typename Real>
Real ToReal(Int128 v) {
  if (v >= INT64_MIN && v <= INT64_MAX) return Real(static_cast<int64_t>(v));
  const bool negative = v < 0;
  const auto bits =
      negative ? -static_cast<Uint128>(v) : static_cast<Uint128>(v);
  const Real high = static_cast<Real>(static_cast<uint64_t>(bits >> 64));
  const Real low = static_cast<Real>(static_cast<uint64_t>(bits));
  const Real value = high * Real(0x1p64) + low;
  return negative ? Real(-value) : value;
}
template <>
Lanes ToReal<Lanes>(Int128 v) {
  return Lanes(static_cast<double>(v));
}

Int128 Gcd(Int128 a, Int128 b) {
  if (a < 0) a = -a;
  if (b < 0) b = -b;
  while (b != 0) {
    const Int128 t = a % b;
    a = b;
    b = t;
  }
  return a;
}

template <typename Real>
Value<Real> Power(const Value<Real>& base, const Value<Real>& exponent) {
  if (exponent.exact && exponent.den == 1 &&
      exponent.num >= -kMaxExactExponent && exponent.num <= kMaxExactExponent) {
    const int n = static_cast<int>(exponent.num);
    if (!base.exact) return Approximate<Real>(IntegerPower(base.approx, n));
    Value<Real> result = Exact<Real>(1, 1);
    for (int i = 0; i < std::abs(n); ++i) result = Multiply(result, base);
    return n < 0 ? Divide(Exact<Real>(1, 1), result) : result;
  }
  if (exponent.exact && exponent.den % 2 == 1)
    return Approximate<Real>(
        OddRoot(base.approx, exponent.approx, exponent.num % 2 != 0));
  return Approximate<Real>(pow(base.approx, exponent.approx));
}

template <typename Real>
Value<Real> SquareRoot(const Value<Real>& v) {
  if (v.exact) {
    const auto num = IntegerRoot(v.num);
    const auto den = IntegerRoot(v.den);
    if (num && den) return Exact<Real>(*num, *den);
  }
  return Approximate<Real>(FindFunction<Real>("sqrt")->apply(v.approx));
}

template double ToReal(Int128 v);
template Precise ToReal(Int128 v);
template Value<double> Power(const Value<double>&, const Value<double>&);
template Value<Lanes> Power(const Value<Lanes>&, const Value<Lanes>&);
template Value<Precise> Power(const Value<Precise>&, const Value<Precise>&);
template Value<double> SquareRoot(const Value<double>&);
template Value<Lanes> SquareRoot(const Value<Lanes>&);
template Value<Precise> SquareRoot(const Value<Precise>&);

}  // namespace reasonwatch::formula
