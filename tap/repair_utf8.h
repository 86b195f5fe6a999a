// SPDX-License-Identifier: Apache-2.0
// Bytes from outside as UTF-8.
#ifndef REASONWATCH_TAP_REPAIR_UTF8_H_
#define REASONWATCH_TAP_REPAIR_UTF8_H_

#include <string>
#include <string_view>

namespace reasonwatch {

// `text` with every maximal ill-formed part replaced by one U+FFFD, as the
// Unicode standard (section 3.9) recommends.
std::string ReplaceInvalidUtf8(std::string_view text);

// Replaces the ill-formed parts of `text`, if it has any. Returns whether it
// had.
bool RepairUtf8(std::string& text);

}  // namespace reasonwatch

#endif  // REASONWATCH_TAP_REPAIR_UTF8_H_
