// SPDX-License-Identifier: Apache-2.0
// Code between fences in a text.
#ifndef REASONWATCH_FEATURES_SYMBOLS_CODE_SPANS_H_
#define REASONWATCH_FEATURES_SYMBOLS_CODE_SPANS_H_

#include <cstddef>
#include <string_view>
#include <vector>

namespace reasonwatch {

struct CodeSpan {
  size_t begin = 0;  // first byte of the opening fence
  size_t end = 0;    // after the closing fence; the text's end if unclosed
  // The label names text or data for a reader (```json, ```markdown, ...), not
  // a program.
  bool prose = false;
  bool unlabelled = false;  // the fence has no label
};

// Returns the spans between lines of ``` in ascending order, at most 64;
// everything after them counts as text. Linear, mostly memchr().
std::vector<CodeSpan> FindCodeSpans(std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_SYMBOLS_CODE_SPANS_H_
