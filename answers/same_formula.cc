// SPDX-License-Identifier: Apache-2.0
// Equality of formulas by their values, in three steps of growing cost: a first
// look in double precision, which ends most comparisons; for formulas with
// variables the same at sixteen sample points; for those that agree, 50 digits
// at one point. In this order below: decimals and tolerances, the two
// confirmations, then the functions of the header.
#include "answers/same_formula.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>

#include "answers/exact_number.h"
#include "answers/formula_reader.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

using ascii::IsDigit;
using formula::kSamples;
using formula::Lanes;
using formula::Precise;
using formula::ReadFormula;
using formula::Value;

// Sample points at which both formulas must have a value. Roots and logarithms
// have none at the negative points, so not all are asked for.
constexpr int kMinFiniteSamples = 3;
// An equality is confirmed in high precision, at one point, for sides of at
// most this many bytes: hostile input stays cheap.
constexpr size_t kMaxPreciseBytes = 512;
// Relative. Cancellation may cost 15 of the 50 digits.
constexpr double kPreciseTolerance = 1e-35;
// Absolute: near zero there is nothing to be relative to.
constexpr double kPreciseZero = 1e-40;
// Relative. A double has 16 digits; a formula of constants may lose seven of
// them, one with variables eight.
constexpr double kTolerance = 1e-9;
constexpr double kSampleTolerance = 1e-8;  // with variables
// Relative: the errors of a few operations on decimals.
constexpr double kRoundingTolerance = 1e-14;
// Absolute: sin(pi) is 1e-16 in a double, and larger after a few operations.
constexpr double kBothZero = 1e-13;
// Absolute: a side below this has no ratio to the other.
constexpr double kZero = 1e-12;
// A decimal of so many places and digits is a rounded value, whichever of the
// two sides it is.
constexpr int kDecimals = 3;
constexpr int kSignificant = 4;  // as in 3.142
// A gold answer already with fewer places.
constexpr int kGoldDecimals = 2;
constexpr int kGoldSignificant = 5;  // as in 123.46
// Half a unit of the last decimal, and a little for the decimal's own error.
constexpr double kHalfStep = 0.5000001;

// Digits after the decimal point of a plain decimal with at least so many
// decimals and significant digits that it may be a rounded value.
std::optional<int> RoundedDecimals(std::string_view s, int min_decimals,
                                   int min_significant) {
  int decimals = -1;
  int significant = 0;
  for (char c : s) {
    if (c == '.') {
      if (decimals >= 0) return std::nullopt;
      decimals = 0;
    } else if (IsDigit(c)) {
      if (decimals >= 0) ++decimals;
      if (significant > 0 || c != '0') ++significant;
    } else if (c != '-' && c != ' ' && c != '+') {
      return std::nullopt;
    }
  }
  if (decimals < min_decimals || significant < min_significant)
    return std::nullopt;
  return decimals;
}

bool Near(double a, double b, double tolerance) {
  return std::abs(a - b) <= tolerance * std::max(std::abs(a), std::abs(b)) ||
         (std::abs(a) < kBothZero && std::abs(b) < kBothZero);
}

// Do two formulas that agree in double precision also agree in 50 digits? A
// formula with a decimal in it may have been rounded: its word is taken.
bool PreciselySame(std::string_view a, std::string_view b, int sample) {
  if (a.size() > kMaxPreciseBytes || b.size() > kMaxPreciseBytes ||
      a.find('.') != std::string_view::npos ||
      b.find('.') != std::string_view::npos)
    return true;
  const auto x = ReadFormula<Precise>(a, sample);
  const auto y = ReadFormula<Precise>(b, sample);
  if (!x || !y) return false;
  if (!isfinite(x->value.approx) || !isfinite(y->value.approx)) return true;
  const Precise difference = abs(x->value.approx - y->value.approx);
  return difference <= kPreciseTolerance *
                           (abs(x->value.approx) + abs(y->value.approx)) ||
         difference < kPreciseZero;
}

bool SameConstant(std::string_view a, const Value<double>& x,
                  std::string_view b, const Value<double>& y) {
  if (!std::isfinite(x.approx) || !std::isfinite(y.approx)) return false;
  if (x.exact && y.exact && x.num == y.num && x.den == y.den) return true;
  for (const std::string_view s : {a, b})
    if (const auto decimals = RoundedDecimals(s, kDecimals, kSignificant))
      if (std::abs(x.approx - y.approx) <=
              kHalfStep * std::pow(10.0, -*decimals) ||
          Near(x.approx, y.approx, kRoundingTolerance))
        return true;
  return !(x.exact && y.exact) && Near(x.approx, y.approx, kTolerance) &&
         PreciselySame(a, b, 0);
}

}  // namespace

bool IsFormula(std::string_view s) {
  return ReadFormula<double>(s, 0).has_value();
}

bool SameFormula(std::string_view a, std::string_view b) {
  {
    const auto x = ReadFormula<double>(a, 0);
    if (!x) return false;
    const auto y = ReadFormula<double>(b, 0);
    if (!y) return false;
    if (!x->has_variables && !y->has_variables)
      return SameConstant(a, x->value, b, y->value);
    if (std::isfinite(x->value.approx) && std::isfinite(y->value.approx) &&
        !Near(x->value.approx, y->value.approx, kSampleTolerance))
      return false;
  }
  const auto x = ReadFormula<Lanes>(a, 0);
  const auto y = ReadFormula<Lanes>(b, 0);
  if (!x || !y) return false;
  int finite = 0;
  int finite_sample = 0;
  for (int sample = 0; sample < kSamples; ++sample) {
    const double u = x->value.approx.at[static_cast<size_t>(sample)];
    const double v = y->value.approx.at[static_cast<size_t>(sample)];
    if (std::isfinite(u) != std::isfinite(v)) return false;
    if (!std::isfinite(u)) continue;
    if (!Near(u, v, kSampleTolerance)) return false;
    ++finite;
    finite_sample = sample;
  }
  return finite >= kMinFiniteSamples && PreciselySame(a, b, finite_sample);
}

bool ProportionalFormulas(std::string_view a, std::string_view b) {
  const auto x = ReadFormula<Lanes>(a, 0);
  const auto y = ReadFormula<Lanes>(b, 0);
  if (!x || !y || !x->has_variables || !y->has_variables) return false;
  std::optional<double> ratio;
  int compared = 0;
  for (size_t i = 0; i < x->value.approx.at.size(); ++i) {
    const double u = x->value.approx.at[i];
    const double v = y->value.approx.at[i];
    if (std::isfinite(u) != std::isfinite(v)) return false;
    if (!std::isfinite(u)) continue;
    if (std::abs(v) < kZero) return false;
    const double r = u / v;
    if (std::abs(r) < kZero) return false;
    if (ratio && !Near(*ratio, r, kSampleTolerance)) return false;
    ratio = r;
    ++compared;
  }
  return compared >= kMinFiniteSamples;
}

Rounding RoundsTo(std::string_view gold, std::string_view answer) {
  const auto places = RoundedDecimals(gold, 1, 2);
  if (!places) return Rounding::kNo;
  const size_t point = answer.rfind('.');
  const bool decimal = std::all_of(answer.begin(), answer.end(), [](char c) {
    return IsDigit(c) || c == '.' || c == '-';
  });
  // Fewer places than asked for are not enough.
  if (decimal && (point == std::string_view::npos ||
                  answer.size() - point - 1 <= static_cast<size_t>(*places)))
    return Rounding::kNo;
  const auto x = ReadFormula<double>(gold, 0);
  const auto y = ReadFormula<double>(answer, 0);
  if (!x || !y || x->has_variables || y->has_variables ||
      !std::isfinite(y->value.approx) ||
      std::abs(x->value.approx - y->value.approx) >
          kHalfStep * std::pow(10.0, -*places))
    return Rounding::kNo;
  return RoundedDecimals(gold, kGoldDecimals, kGoldSignificant)
             ? Rounding::kYes
             : Rounding::kMaybe;
}

bool IsHundredfold(std::string_view a, std::string_view b) {
  const auto x = ReadFormula<double>(a, 0);
  const auto y = ReadFormula<double>(b, 0);
  return x && y && !x->has_variables && !y->has_variables &&
         std::isfinite(x->value.approx) &&
         Near(x->value.approx, 100 * y->value.approx, kTolerance);
}

std::vector<std::string> NumberLiterals(std::string_view s) {
  std::vector<std::string> literals;
  for (size_t i = 0; i < s.size();) {
    if (!IsDigit(s[i])) {
      ++i;
      continue;
    }
    const size_t begin = i;
    while (i < s.size() && (IsDigit(s[i]) || s[i] == '.')) ++i;
    literals.emplace_back(s.substr(begin, i - begin));
  }
  std::sort(literals.begin(), literals.end());
  return literals;
}

}  // namespace reasonwatch
