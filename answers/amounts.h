// SPDX-License-Identifier: Apache-2.0
// Numbers and their unit, currency or base.
//
// Pure, thread-safe, linear time. Texts are those of ReadPlainText().
#ifndef REASONWATCH_ANSWERS_AMOUNTS_H_
#define REASONWATCH_ANSWERS_AMOUNTS_H_

#include <optional>
#include <string_view>

#include "answers/units.h"
#include "answers/written_numbers.h"

namespace reasonwatch {

// Is `number` all of `text` but for a unit, a currency or words? Otherwise it
// is part of a formula.
bool IsAmount(std::string_view text, const WrittenNumber& number);

// The unit of a number that was found in `statement`.
Unit UnitOf(std::string_view statement, const WrittenNumber& number);
// The unit of a text that holds one number.
Unit UnitIn(std::string_view text);

// Does the text hold a numeral with its base ("1011_2", "0b1011") and no more?
bool IsBasedNumeral(std::string_view s);
// Two numerals with their bases, compared; nullopt unless both are.
std::optional<bool> SameInBase(std::string_view a, std::string_view b);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_AMOUNTS_H_
