// SPDX-License-Identifier: Apache-2.0
// A prompt as the problem that it asks: without its wrapping, as tokens.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_PROBLEM_TEXT_H_
#define REASONWATCH_BASELINE_MATCHING_PROBLEM_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

// Longer prompts are only compared whole, by their digest.
inline constexpr size_t kMaxProblemBytes = size_t{64} << 10;

// Compatibility-composed (NFKC), typographic quotes and dashes as ASCII, zero-
// width characters dropped, superscripts as ^2. White space is left to the
// tokens.
std::string NormalizeUnicode(std::string_view text);

// The part of a normalised prompt that is left without its wrapping: chat
// template, worked examples before the last question, labels ("Question:",
// "Answer:"), and sentences at either end that only say how to answer. Never
// empty if the prompt is not.
std::string_view ProblemCore(std::string_view normalized);

struct ProblemToken {
  uint32_t hash = 0;      // the word, number or sign; 0 never
  uint32_t skeleton = 0;  // numbers are one placeholder, names another
  uint32_t begin = 0;     // bytes in the text
  uint32_t end = 0;
};
// Words, numbers, signs; CJK characters one by one. Sentence punctuation, marks
// of emphasis, quotation and headings, formatting tags and white space leave no
// token, and an option is its letter: "(A)", "A)" and "A." are the same.
std::vector<ProblemToken> TokenizeProblem(std::string_view normalized);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_PROBLEM_TEXT_H_
