// SPDX-License-Identifier: Apache-2.0
// Comments that take the place of code.
//
// Pure, thread-safe; linear in the code.
#ifndef REASONWATCH_FEATURES_CODE_STUBS_H_
#define REASONWATCH_FEATURES_CODE_STUBS_H_

#include <span>
#include <string_view>

#include "features/symbols/code_spans.h"

namespace reasonwatch {

// Is there code of at least two lines between fences that are no data's?
bool HasCode(std::string_view text, std::span<const CodeSpan> code);

// Does a line of the code leave some of it out: "# ... rest of the code goes
// here", "// your code here", "/* unchanged */", or only "..."?
bool HasCodeStub(std::string_view text, std::span<const CodeSpan> code);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_CODE_STUBS_H_
