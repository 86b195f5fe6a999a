// SPDX-License-Identifier: Apache-2.0
// The marks that people set around a short answer.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_DECORATION_H_
#define REASONWATCH_ANSWERS_DECORATION_H_

#include <string_view>

namespace reasonwatch {

// Without spaces, emphasis, code spans, \text{} and "<<...>>" around the whole
// text.
std::string_view StripDecoration(std::string_view s);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_DECORATION_H_
