// SPDX-License-Identifier: Apache-2.0
#include "answers/quantities.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "util/ascii.h"
#include "util/load.h"

namespace reasonwatch {
namespace {

using ascii::IsDigit;
using ascii::IsLetter;

// Bytes of a separator between groups of three digits at `i`, 0 = none.
size_t GroupSeparator(std::string_view text, size_t i) {
  size_t size = 0;
  if (text[i] == ',') size = 1;
  if (text.substr(i, 3) == "{,}") size = 3;
  if (text.substr(i, 2) == "\\,") size = 2;
  if (text.substr(i, 3) == ",\\!") size = 3;
  if (size == 0 || i + size + 3 > text.size()) return 0;
  for (size_t d = 0; d < 3; ++d)
    if (!IsDigit(text[i + size + d])) return 0;
  const size_t after = i + size + 3;
  return after < text.size() && IsDigit(text[after]) ? 0 : size;
}

// Does `between` part a numerator from its denominator?
bool IsFractionBar(std::string_view between) {
  return between == "/" || between == " / " || between == "}{" ||
         between == "} {" || between == "\\/" || between == "}/{";
}

// 10 to the power of -n.
double NegativePowerOfTen(int n) {
  constexpr int kCount = 64;  // more decimals than a double has
  static const std::array<double, kCount> kPowers = [] {
    std::array<double, kCount> made{};
    for (int i = 0; i < kCount; ++i) made[i] = std::pow(10.0, -i);
    return made;
  }();
  return n < kCount ? kPowers[n] : std::pow(10.0, -n);
}

// The first digit at or behind `i`, or the end.
size_t FindDigit(std::string_view text, size_t i) {
  for (; i + sizeof(Bytes) <= text.size(); i += sizeof(Bytes)) {
    const auto [low, high] = Halves(LoadBytes(text.data() + i) - '0' < 10);
    if (low != 0) return i + static_cast<size_t>(std::countr_zero(low)) / 8;
    if (high != 0)
      return i + 8 + static_cast<size_t>(std::countr_zero(high)) / 8;
  }
  while (i < text.size() && !IsDigit(text[i])) ++i;
  return i;
}

// Bytes of the longest fraction bar (IsFractionBar): numbers further apart are
// no fraction.
constexpr size_t kMaxBar = 3;
// Decimals of a fraction. It is exact, and may be written with any number of
// decimals; twelve are more than anybody writes.
constexpr int kFractionDecimals = 12;
// Bytes from a whole number to the fraction behind it: "2 and 1/2".
constexpr size_t kMaxMixedGap = 8;
// Relative. Sums of decimals lose a few of the 16 digits of a double.
constexpr double kTolerance = 1e-9;

}  // namespace

bool NextQuantity(std::string_view text, size_t from, Quantity& quantity) {
  size_t i = FindDigit(text, from);
  if (i >= text.size()) return false;
  quantity = Quantity();
  quantity.begin = i;
  double value = 0;
  int group = 0;
  while (i < text.size()) {
    if (IsDigit(text[i])) {
      value = value * 10 + (text[i++] - '0');
      ++group;
      continue;
    }
    const size_t separator = group <= 3 ? GroupSeparator(text, i) : 0;
    if (separator == 0) break;
    i += separator;
    group = 0;
  }
  if (i + 1 < text.size() && text[i] == '.' && IsDigit(text[i + 1])) {
    double scale = 1;
    for (++i; i < text.size() && IsDigit(text[i]); ++i) {
      scale *= 10;
      value = value * 10 + (text[i] - '0');
      ++quantity.decimals;
    }
    value /= scale;
  } else if (quantity.begin > 0 && text[quantity.begin - 1] == '.' &&
             (quantity.begin == 1 || (!IsDigit(text[quantity.begin - 2]) &&
                                      !IsLetter(text[quantity.begin - 2])))) {
    // ".5"
    quantity.decimals = static_cast<int>(i - quantity.begin);
    value *= NegativePowerOfTen(quantity.decimals);
  }
  quantity.value = value;
  quantity.end = i;
  size_t sign = i;
  while (sign < text.size() && (text[sign] == ' ' || text[sign] == '\\'))
    ++sign;
  quantity.percent = sign < text.size() && text[sign] == '%';
  return true;
}

bool SingleQuantity(std::string_view text, Quantity& quantity) {
  std::array<Quantity, 4> found;
  size_t count = 0;
  for (size_t from = 0; NextQuantity(text, from, quantity);
       from = quantity.end) {
    if (count == found.size()) return false;
    found[count++] = quantity;
  }
  if (count == 0 || count > 3) return false;
  quantity = found[count - 1];
  if (count == 1) return true;
  const Quantity& top = found[count - 2];
  const size_t gap = quantity.begin - top.end;
  if (gap > kMaxBar || !IsFractionBar(text.substr(top.end, gap)) ||
      quantity.value == 0)
    return false;
  quantity.value = top.value / quantity.value;
  quantity.decimals = kFractionDecimals;
  if (count == 3) quantity.value += found[0].value;
  return true;
}

bool SameQuantity(const Quantity& a, const Quantity& b) {
  const auto same = [&a, &b](double x, double y) {
    const double difference = std::fabs(x - y);
    // Hundreds of digits are more than a double holds, and equal to nothing.
    if (!std::isfinite(difference)) return false;
    if (difference <= kTolerance * std::max(std::fabs(x), std::fabs(y)))
      return true;
    // If one was rounded, the coarser of the two decides.
    if (a.decimals == b.decimals) return false;
    const double step = NegativePowerOfTen(std::min(a.decimals, b.decimals));
    // The last digit may be rounded or cut off; a number with no other digit
    // says too little.
    return difference < step && std::max(x, y) > 2 * step;
  };
  if (same(a.value, b.value)) return true;
  if (!a.percent && !b.percent) return false;
  return same(a.value, 100 * b.value) || same(100 * a.value, b.value);
}

bool HoldsQuantity(std::string_view text, const Quantity& wanted) {
  Quantity q;
  Quantity before;
  double whole = 0;
  size_t whole_end = std::string_view::npos;
  for (size_t from = 0; NextQuantity(text, from, q); from = q.end) {
    if (SameQuantity(q, wanted)) return true;
    const size_t gap = q.begin - before.end;
    if (before.end > 0 && gap <= kMaxBar && q.value != 0 &&
        IsFractionBar(text.substr(before.end, gap))) {
      Quantity fraction = q;
      fraction.value = before.value / q.value;
      fraction.decimals = kFractionDecimals;
      if (SameQuantity(fraction, wanted)) return true;
      if (whole_end != std::string_view::npos &&
          before.begin - whole_end <= kMaxMixedGap) {
        fraction.value += whole;
        if (SameQuantity(fraction, wanted)) return true;
      }
    }
    whole = before.value;
    whole_end = before.end > 0 ? before.end : std::string_view::npos;
    before = q;
  }
  return false;
}

}  // namespace reasonwatch
