// SPDX-License-Identifier: Apache-2.0
// Units of measure and currencies beside a number.
//
// Pure, thread-safe, constant time. Texts are those of ReadPlainText().
#ifndef REASONWATCH_ANSWERS_UNITS_H_
#define REASONWATCH_ANSWERS_UNITS_H_

#include <string_view>

namespace reasonwatch {

// The measure of a number. Two units of one dimension differ by a factor.
struct Unit {
  int dimension = 0;  // a number of the table's, 0 = no known unit
  double factor = 1;  // to the dimension's first unit
};

// The unit of the number between `before` and `after`: "kg", "meters", "USD",
// "$", "°C"; the longest that fits.
Unit UnitBeside(std::string_view before, std::string_view after);

bool IsMoney(const Unit& unit);
// Are both degrees, if not of one scale?
bool AreTemperatures(const Unit& a, const Unit& b);

// May an amount in one unit be meant by the same number in the other? False if
// both are known and differ; a number without a unit fits any.
bool AgreeInUnit(const Unit& a, const Unit& b);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_UNITS_H_
