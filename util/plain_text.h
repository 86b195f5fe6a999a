// SPDX-License-Identifier: Apache-2.0
// Text of senders, made safe to show.
#ifndef REASONWATCH_UTIL_PLAIN_TEXT_H_
#define REASONWATCH_UTIL_PLAIN_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace reasonwatch {

// Bytes of the character at the start of `text` if it acts on a terminal or on
// the order of reading: a control of C0 or C1, DEL, a mark or an override
// of the writing direction, a separator of lines. 0 = it is none.
size_t ActingCharacter(std::string_view text);

// `text` with a '?' in place of each such character.
std::string PlainText(std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_UTIL_PLAIN_TEXT_H_
