// SPDX-License-Identifier: Apache-2.0
// The vocabulary of wrappings: what a word says of a sentence that stands
// beside a problem, in some twenty-five languages.
//
// Pure, thread-safe. A lookup is constant time in the word's length.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_WORDS_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_WORDS_H_

#include <cstdint>
#include <string_view>

namespace reasonwatch {

enum class FrameWord : uint8_t {
  kUnknown,   // says something that the table knows nothing of
  kFiller,    // the, of, please be: carries nothing by itself
  kSolve,     // solve, answer: takes the problem as its object
  kFind,      // find, choose: only with the answer as its object
  kGive,      // write, put, show: asks for the noun behind it
  kAnswer,    // answer, result, solution
  kWork,      // reasoning, steps, think: the way to the answer
  kForm,      // letter, box, JSON: the answer's form
  kProblem,   // problem, question, exercise
  kCourtesy,  // please, help, homework
  kGreeting,  // hello, thanks: a name may follow
  kRole,      // user, assistant: who speaks in a template
  kLanguage,  // German, in one of the languages
  kNot,       // not, without
  kJudged,    // correct, best: before a noun of the answer only
  kAbout      // translate, harder, hint: asks about the problem
};

// `word` is in lower case; a stem of the table covers the words that begin so,
// and the first six letters of a word about solving its other endings.
FrameWord FrameWordOf(std::string_view word);

// Length of the longest entry that `text` begins with, for scripts without
// spaces; 0 if there is none. `kind` is its word's.
size_t LongestFrameWord(std::string_view text, FrameWord* kind);

// Does the sentence, in lower case, begin by giving the model a role ("you are
// a", "act as")? Length of that beginning, 0 if not.
size_t PersonaBeginning(std::string_view sentence);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_WORDS_H_
