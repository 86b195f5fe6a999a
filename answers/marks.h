// SPDX-License-Identifier: Apache-2.0
// Marks of an answer: the places in a text that say "here it is".
//
// One finder for two readers. Grading (final_answer.h) looks for the answer of
// a whole response and knows every mark; the readings of live responses
// (chain.h) compare statements with each other and know those that a model
// writes without being asked. A rule that differs between the two has two
// functions here, side by side, and says why. Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_MARKS_H_
#define REASONWATCH_ANSWERS_MARKS_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch::marks {

// A place in a text that holds an answer. Offsets in bytes.
struct Span {
  size_t begin = 0;    // of the mark
  size_t content = 0;  // first byte of the answer
  size_t end = 0;      // one past the answer
  size_t after = 0;    // one past the mark's own end
  std::string_view Content(std::string_view s) const {
    return s.substr(content, end - content);
  }
};

// An answer with its text, which need not be a part of the response: JSON holds
// it escaped.
struct Mark {
  size_t at = 0;  // offset of the mark in bytes
  std::string text;
};

// From `begin` to the end of its sentence or line, a displayed formula whole;
// the next line if this one is empty.
std::string_view SentenceAt(std::string_view s, size_t begin);

// Place of the '}' that closes the '{' at `open`; npos if none does. An escaped
// brace counts as text.
size_t CloseOf(std::string_view s, size_t open);

// Each \boxed{} and \fboxed{} in its order, with balanced braces; also "\boxed
// 5" and "\boxed35 cm}", which models write. Ends at a brace that never closes.
std::vector<Span> Boxes(std::string_view s);

// Does `between`, the text that parts two spans, join them to one answer?
// Punctuation, "and" and "or" do; other words do not.
bool Connects(std::string_view between);
// The last span and those that it is enumerated with, joined by commas.
std::string JoinLast(std::string_view s, const std::vector<Span>& spans);

// The first "boxed{" at or behind `from`, up to the next '}'. For the live
// readings, which compare numbers and letters: a box with braces inside is a
// formula, and compared by neither rule. Nullopt: there is none.
std::optional<Span> NextPlainBox(std::string_view s, size_t from);

// Each formula between $, $$, \( \) or \[ \] of at most 4 KiB. Signs of a
// currency are none.
std::vector<Span> Formulas(std::string_view s);

// The last value of a field "answer" or "final_answer".
std::optional<Mark> LastJson(std::string_view s);
// Is an element of this name an answer: "answer", "final_answer", "Lösung"?
bool IsAnswerTag(std::string_view name);
// The content of the last such element; of an open one, and of one that is not
// named for an answer but for a result, at most 120 bytes.
std::optional<Mark> LastTag(std::string_view s);
// The rest of the sentence behind the last phrase of the table in marks.cc that
// is for grading.
std::optional<Mark> LastPhrase(std::string_view s);
// The same for the live readings, and with their phrases; "" if there is none.
// `at` is set to the phrase. Passes over a phrase that judges an answer ("the
// answer is not", "is correct"). At most kMaxStatement bytes.
inline constexpr size_t kMaxStatement = 96;
std::string_view LastStatement(std::string_view text, size_t& at);

// Behind the last \n, trimmed.
std::string_view LastLine(std::string_view s);
// The last **...** of a line that holds a digit, "" if none does.
std::string LastBoldNumber(std::string_view line);

// Yes and true, no and false, in any case; nullopt for any other word.
std::optional<bool> VerdictOf(std::string_view word);
// The last [Yes], [No], [True], [False].
std::optional<bool> LastBracketedVerdict(std::string_view s);
// The same for the live readings: one of a pair of offered ones ("[Yes] or
// [No]", a quotation of the task) is none.
std::optional<bool> LastChosenVerdict(std::string_view text);
// "[No]", "**Yes**,": an answer that comes before its reasons. `after` is set
// behind it.
std::optional<bool> LeadingVerdict(std::string_view answer, size_t& after);

}  // namespace reasonwatch::marks

#endif  // REASONWATCH_ANSWERS_MARKS_H_
