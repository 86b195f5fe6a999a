// SPDX-License-Identifier: Apache-2.0
// The answer within a response, by the policy of grading.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_FINAL_ANSWER_H_
#define REASONWATCH_ANSWERS_FINAL_ANSWER_H_

#include <string>
#include <string_view>

#include "answers/answer_text.h"
#include "answers/written_numbers.h"

namespace reasonwatch {

// Names of the options of a multiple choice.
enum class OptionStyle { kLetter, kDigit, kEither };

// How sure it is that a number is the answer.
enum class NumberEvidence {
  kNone,     // there is no number
  kStated,   // marked, emphasised, alone, or behind "=" or "is"
  kOnly,     // the only one of the last sentence that has any
  kFirst,    // the first of several in a marked statement
  kLast,     // the last of several in the last sentence that has any
  kSeveral,  // alternatives: "12 or 15"
};
struct FoundNumber {
  NumberEvidence how = NumberEvidence::kNone;
  WrittenNumber number;
  std::string statement;  // that it was found in
  bool marked = false;
};
FoundNumber FindNumber(const AnswerText& text);

// Each returns "" if it finds nothing of its kind.
std::string ExtractMath(const AnswerText& text);
// The boxes of the last line that has one, joined by commas, whatever words
// are between them; "" if there are fewer than two.
std::string ExtractLastBoxes(const AnswerText& text);
// "yes" or "no"; "" also for "yes and no".
std::string ExtractBoolean(const AnswerText& text);
// "" also for several options.
std::string ExtractChoice(const AnswerText& text, OptionStyle style);
std::string ExtractText(const AnswerText& text);

// The standalone capital letters of a text, sorted.
std::string OptionsIn(std::string_view s);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_FINAL_ANSWER_H_
