// SPDX-License-Identifier: Apache-2.0
// One spelling for a mathematical answer, whatever LaTeX or Unicode wrote it.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_LATEX_H_
#define REASONWATCH_ANSWERS_LATEX_H_

#include <string>
#include <string_view>

namespace reasonwatch {

// Relations and set operators become one byte each, so that the comparison can
// split on them without knowing LaTeX.
namespace math_sign {
inline constexpr char kIn = '\x01';
inline constexpr char kCup = '\x02';
inline constexpr char kPlusMinus = '\x03';
inline constexpr char kInfinity = '\x04';
inline constexpr char kApprox = '\x05';
inline constexpr char kLessEqual = '\x06';
inline constexpr char kGreaterEqual = '\x07';
inline constexpr char kNotEqual = '\x0e';
inline constexpr char kSetOpen = '\x0f';   // \{
inline constexpr char kSetClose = '\x10';  // \}
inline constexpr char kNextRow = '\x11';   // \\ of a matrix
inline constexpr char kPercent = '\x12';
inline constexpr char kMatrixOpen = '\x13';
inline constexpr char kMatrixClose = '\x14';
}  // namespace math_sign

// Without $, sizing commands, units, degrees and currency; "and", "or" as
// commas; white space collapsed (it still parts a command from a letter).
std::string NormalizeMath(std::string_view s);

// Does the text hold two words or more beside mathematics?
bool HasProse(std::string_view s);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_LATEX_H_
