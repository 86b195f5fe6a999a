// SPDX-License-Identifier: Apache-2.0
// The parts of a response that may hold its answer.
//
// Pure, thread-safe, linear time; reads the last 64 KiB of a response only.
#ifndef REASONWATCH_ANSWERS_ANSWER_TEXT_H_
#define REASONWATCH_ANSWERS_ANSWER_TEXT_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

// Bytes at the end of a response that are searched: more than any answer with
// the marks around it.
inline constexpr size_t kMaxScannedBytes = size_t{64} << 10;

// The answer proper, without reasoning block and control tokens, cut to its
// last kMaxScannedBytes.
std::string_view AnswerPart(std::string_view response);

// The text in or behind the last mark (boxed, tag, JSON field, "the answer is",
// ...; see marks.h); nullopt if there is none. For the
// live readings: grading reads marks by ReadAnswerText().
std::optional<std::string> MarkedAnswer(std::string_view answer_part);

// A response as grading reads it.
struct AnswerText {
  // Plain text (plain_text.h) without reasoning and without its tail; "" if the
  // response is a reasoning block without an end, or an empty tag.
  std::string body;
  // The texts of its marks, the one that counts most last; at most 32.
  struct Mark {
    std::string text;
    bool option = false;  // of "option B"; for multiple choice only
  };
  std::vector<Mark> marks;
  std::string bold;  // the last emphasised text of the last line with a digit
};
AnswerText ReadAnswerText(std::string_view response);

// Does a response refuse to answer and say hardly more? By its beginning, in
// the languages of languages.h.
bool IsRefusal(std::string_view response);

}  // namespace reasonwatch

#endif  // REASONWATCH_ANSWERS_ANSWER_TEXT_H_
