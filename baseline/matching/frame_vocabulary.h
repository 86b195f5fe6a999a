// SPDX-License-Identifier: Apache-2.0
// The words of frame_words.h, by language.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_VOCABULARY_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_VOCABULARY_H_

#include <span>
#include <string_view>

#include "baseline/matching/frame_words.h"

namespace reasonwatch {

// Words of one kind and language, separated by spaces; one that ends in '*' is
// a stem. A later row has the last word on a word that both hold.
struct FrameRow {
  FrameWord kind;
  std::string_view words;
};

// Words to somebody who is to solve a problem.
std::span<const FrameRow> AnsweringWords();
// Negations, and what is asked about a problem. They override the words above.
std::span<const FrameRow> RequestWords();
// Beginnings of sentences that give the model a role, in lower case.
std::span<const std::string_view> PersonaBeginnings();

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_VOCABULARY_H_
