// SPDX-License-Identifier: Apache-2.0
// JSON that a strict parser refuses and a reader can still understand.
#ifndef REASONWATCH_FORMATS_API_REPAIR_H_
#define REASONWATCH_FORMATS_API_REPAIR_H_

#include <string>
#include <string_view>

namespace reasonwatch {

// A copy of `json` with what servers are known to write put right: half a pair
// of surrogates and bytes that are no UTF-8 become U+FFFD, control characters
// inside a string become escapes, NaN and Infinity become null. Text that needs
// none of it comes back as it is. Pure; linear.
std::string RepairJson(std::string_view json);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_REPAIR_H_
