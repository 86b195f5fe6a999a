// SPDX-License-Identifier: Apache-2.0
// Notations of plain text that LaTeX and arithmetic read otherwise.
//
// Pure, thread-safe, linear time. Each function gives the text as it is, "" or
// false if its notation is not used.
#ifndef REASONWATCH_ANSWERS_NOTATIONS_H_
#define REASONWATCH_ANSWERS_NOTATIONS_H_

#include <string>
#include <string_view>

namespace reasonwatch {

// "|x| = 4" has two solutions, so it is no 4.
bool HasModulus(std::string_view s);

// "=> 18": without the sign that draws a conclusion. Of several boxes that hold
// the same, the first.
std::string_view WithoutArrow(std::string_view s);

// "x = 1 or x = 2", "1 and 2" as a set of numbers; "" if it is no such list.
std::string AsSolutions(std::string_view s);

// "]0, 1[" as "(0, 1)".
std::string InwardBrackets(std::string_view s);

// Is the text a set in braces of either kind?
bool IsSet(std::string_view s);

// "{1, 2}" as a set, "6x10^3" as a product, "5!" as a factorial.
std::string AsWritten(std::string text);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_NOTATIONS_H_
