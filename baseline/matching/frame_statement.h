// SPDX-License-Identifier: Apache-2.0
// English sentences beside a problem that state something and ask for nothing,
// known by their grammar: the first word of each clause is of a closed class
// (a pronoun, "here", a word of time), so that no verb can be an order.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_STATEMENT_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_STATEMENT_H_

#include <span>
#include <string_view>

#include "baseline/matching/frame_sentence.h"

namespace reasonwatch {

// "You will be given a question", "got this in an interview", "here is a
// problem I found in a book". False where the sentence may want something, add
// to the problem, or give its answer: then it is unsure.
bool IsStatement(const FrameSentence& sentence, std::string_view problem);

// "Cite no sources", "put the result between brackets": an order that does not
// refer to the problem, neither by a pronoun nor by a noun of its text nor by a
// colon in front of it, and whose object is no text to be made. False where it
// may change the answer or leave it out.
bool IsOrderOfManner(const FrameSentence& sentence, std::string_view problem);

// "Break it down and solve each part": an order to solve, whatever else is to
// be done. In other languages a sentence that speaks of the answer and of which
// two words of three are known.
bool IsOrderToSolve(const FrameSentence& sentence);

// "Honest question:", "for my own curiosity:": few words and a colon or dash in
// front of the problem, which name it or say for whom it is.
bool IsLeadIn(const FrameSentence& sentence);

// May a sentence that reports something give the answer? By a verb
// of saying, a number in words, or a name.
bool MayReportAnAnswer(std::span<const SentenceWord> words);

// Does the problem speak in the first or second person itself? Then a statement
// about the writer or the reader may belong to it.
bool SpeaksInPerson(std::string_view problem);

// "Today is Monday, 3 March 2025", "current date: 2025-02-11": a date, and
// words of dates, beside a problem that speaks of none.
bool IsDateLine(const FrameSentence& sentence, std::string_view problem);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_STATEMENT_H_
