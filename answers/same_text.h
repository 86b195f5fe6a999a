// SPDX-License-Identifier: Apache-2.0
// Equality of two answers in words, dates and times, by content and not by the
// sentence around it.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_SAME_TEXT_H_
#define REASONWATCH_ANSWERS_SAME_TEXT_H_

#include <string>
#include <string_view>

#include "core/grade.h"

namespace reasonwatch {

// Lower case, single spaces, none beside a comma or bracket, no final
// punctuation.
std::string NormalizeText(std::string_view s);

// Digits with commas, points, a dollar sign or a minus sign; "007" and "0101"
// are names, not quantities.
bool IsPlainNumber(std::string_view s);

// Digits, operators and single letters.
bool IsPlainFormula(std::string_view s);

// Is it a date, a time of day or a ratio ("3:5") as a whole?
bool IsDateOrTime(std::string_view s);

// kCorrect: the same words, or a sentence that says so ("It is Paris.").
// kUngradable: the answer holds the gold answer among other words.
Grade CompareTexts(std::string_view gold, std::string_view answer);

// Does the text hold the words of `wanted` side by side?
bool HoldsWords(std::string_view text, std::string_view wanted);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_SAME_TEXT_H_
