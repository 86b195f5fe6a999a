// SPDX-License-Identifier: Apache-2.0
// The structure around a problem: chat templates, solved examples, signs. Text
// is a normalised prompt's.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_TEMPLATE_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_TEMPLATE_H_

#include <string>
#include <string_view>

namespace reasonwatch {

// Returns the text behind the last mark of the user's turn, whatever family the
// template is of: a word for the user between signs, at a line's begin or with
// a colon. All of `before` if there is none.
std::string_view BehindUserMark(std::string_view before);

// Solved examples before the question: the label of the question recurs, and
// each earlier one is followed by an answer under a second label. Takes the
// examples off `before`, and the label of the answer off `after`.
void DropExamples(std::string_view& before, std::string_view& after);

// Without the lines, and the bracket beside the problem, that only file it:
// "Category: algebra", "[5 points]", "Exam 2023, part B". `kept` holds what is
// returned, unless that is all of `text`. A line that shares a word with the
// problem is kept.
std::string_view WithoutMetadata(std::string_view text,
                                 std::string_view problem, std::string& kept);

// Is there a sign beside the problem that would belong to its own formula? "-5
// + 3" is not "5 + 3".
bool TouchesFormula(std::string_view before, std::string_view problem,
                    std::string_view after);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_TEMPLATE_H_
