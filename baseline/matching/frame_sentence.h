// SPDX-License-Identifier: Apache-2.0
// A text as sentences of words with their kinds (frame_words.h), without its
// markup.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_SENTENCE_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_SENTENCE_H_

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "baseline/matching/frame_words.h"

namespace reasonwatch {

struct SentenceWord {
  FrameWord kind = FrameWord::kUnknown;
  std::string text{};          // lower case
  bool clause_begins = false;  // a comma precedes it
  bool capital = false;        // it begins with a capital
};

struct FrameSentence {
  std::vector<SentenceWord> words;
  std::string_view raw;  // as it was written, with its markup
  int numbers = 0;       // runs of digits
  bool ends_in_number = false;
  bool question = false;     // ends in a question mark of any script
  bool foreign_tag = false;  // a tag in it names a request (<translate>)
};

bool IsAny(std::string_view word,
           std::initializer_list<std::string_view> words);
// Is one of the words among these?
bool HasAny(std::span<const SentenceWord> words,
            std::initializer_list<std::string_view> any);
// No letter beyond ASCII: the grammar of English is tried.
bool IsAscii(std::span<const SentenceWord> words);
// Is one of the words of this kind?
bool Has(std::span<const SentenceWord> words, FrameWord kind);

// Sentences end at line breaks, full stops, question marks and colons. Tags,
// LaTeX commands, fences and placeholders ($ANSWER) leave no word.
std::vector<FrameSentence> ReadSentences(std::string_view text);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_SENTENCE_H_
