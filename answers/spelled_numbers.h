// SPDX-License-Identifier: Apache-2.0
// Numbers that are written in words ("twenty-one", "three thousand and five").
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_SPELLED_NUMBERS_H_
#define REASONWATCH_ANSWERS_SPELLED_NUMBERS_H_

#include <string>
#include <string_view>

namespace reasonwatch {

// The text with digits in place of English number words under 10^15; "" if it
// holds none. A single "one" is a number only if the text says nothing else,
// since it is a pronoun too. Texts are those of ReadPlainText().
std::string WithDigits(std::string_view plain);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_SPELLED_NUMBERS_H_
