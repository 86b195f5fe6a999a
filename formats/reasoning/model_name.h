// SPDX-License-Identifier: Apache-2.0
// Names of models, however hosts spell them.
#ifndef REASONWATCH_FORMATS_REASONING_MODEL_NAME_H_
#define REASONWATCH_FORMATS_REASONING_MODEL_NAME_H_

#include <cstddef>
#include <string_view>

#include "util/ascii.h"

namespace reasonwatch {

// Whether `name` has the letters and digits of `needle` one after another, in
// any case, from the beginning of a word on. Other characters of both are
// passed over, and so is the p that is a point between two digits. A number is
// never cut, nor taken from a size: "qwen-3" is neither in "qwen-32b" nor in
// "qwen-3b".
constexpr bool NameHas(std::string_view name, std::string_view needle) {
  const auto is_sign = [](std::string_view text, size_t i) {
    if (text[i] == 'p' && i > 0 && i + 1 < text.size() &&
        ascii::IsDigit(text[i - 1]) && ascii::IsDigit(text[i + 1]))
      return true;
    return !ascii::IsAlnum(text[i]) && !ascii::IsBeyond(text[i]);
  };
  const auto begins_word = [name](size_t i) {
    return i == 0 || !ascii::IsLetter(name[i - 1]) ||
           (ascii::IsLower(name[i - 1]) && ascii::IsUpper(name[i]));
  };
  if (needle.empty()) return true;
  for (size_t begin = 0; begin < name.size(); ++begin) {
    if (!begins_word(begin) || is_sign(name, begin)) continue;
    size_t at = begin;
    size_t n = 0;
    while (n < needle.size() && at < name.size()) {
      if (is_sign(needle, n)) {
        ++n;
      } else if (is_sign(name, at)) {
        ++at;
      } else if (ascii::Lower(name[at]) == ascii::Lower(needle[n])) {
        ++n;
        ++at;
      } else {
        break;
      }
    }
    if (n < needle.size()) continue;
    const bool is_number = ascii::IsDigit(needle.back()) && at < name.size();
    const bool goes_on = is_number && ascii::IsDigit(name[at]);
    const bool is_size =
        is_number && ascii::Lower(name[at]) == 'b' &&
        (at + 1 == name.size() || !ascii::IsAlnum(name[at + 1]));
    if (!goes_on && !is_size) return true;
  }
  return false;
}

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_REASONING_MODEL_NAME_H_
