// SPDX-License-Identifier: Apache-2.0
// Value of a formula, by one reading of its text.
//
// Pure, thread-safe; time linear in the text but for its powers, factorials and
// binomials, which are bounded.
#ifndef REASONWATCH_ANSWERS_FORMULA_READER_H_
#define REASONWATCH_ANSWERS_FORMULA_READER_H_

#include <optional>
#include <string_view>

#include "answers/exact_number.h"

namespace reasonwatch::formula {

template <typename Real>
struct Reading {
  Value<Real> value;
  bool has_variables = false;
};

// Reads `s`, the output of NormalizeMath() (latex.h), at sample point `sample`
// in [0, kSamples); Lanes are read at all of them. Nullopt: no formula, over
// 4 KiB, or nested over 48 levels.
template <typename Real>
std::optional<Reading<Real>> ReadFormula(std::string_view s, int sample);

}  // namespace reasonwatch::formula

#endif  // REASONWATCH_ANSWERS_FORMULA_READER_H_
