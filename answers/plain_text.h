// SPDX-License-Identifier: Apache-2.0
// A response without its typography: one spelling for digits, punctuation and
// spaces of any script, and no markup but LaTeX and line breaks.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_ANSWERS_PLAIN_TEXT_H_
#define REASONWATCH_ANSWERS_PLAIN_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

// A part of PlainText::text that was emphasised, in bytes.
struct Emphasis {
  size_t begin = 0;
  size_t end = 0;
};

struct PlainText {
  std::string text;
  std::vector<Emphasis> emphasised;  // in their order, at most kMaxEmphasised
  static constexpr size_t kMaxEmphasised = 1024;  // far over any real text
};

// Digits, letters and punctuation of ASCII for those of other widths and
// scripts ("１２", "٢٥", "。", "½"); straight quotes; spaces for spaces of any
// width. Without zero-width characters, tags of HTML, Markdown's emphasis,
// code spans and links. Text that is struck through is withdrawn. Dashes longer
// than a minus sign are kept: they may be either.
PlainText ReadPlainText(std::string_view s);

// Without the paragraphs and sentences at the end that are no part of an
// answer: notes, sources, footnotes, rules, offers and questions to the reader.
// Never less than the first paragraph.
std::string_view WithoutTail(std::string_view plain);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_PLAIN_TEXT_H_
