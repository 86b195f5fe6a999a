// SPDX-License-Identifier: Apache-2.0
// Does a response speak of what was asked?
//
// Pure, thread-safe. Reads a bounded part of prompt and response, and of most
// responses only their first words.
#ifndef REASONWATCH_FEATURES_PROMPT_OVERLAP_H_
#define REASONWATCH_FEATURES_PROMPT_OVERLAP_H_

#include <optional>
#include <string_view>

namespace reasonwatch {

// True if none of the words and numbers that tell this question from others
// occurs at the beginning of the reasoning or of the answer. `question` is the
// prompt without the beginning that all prompts share; its end is read. Absent
// if the question has fewer than three such words or the response hardly any
// text. Two questions of one kind share words, so that an answer to another one
// of them is often missed; the reference knows how often a sound answer has
// none.
std::optional<bool> IsOffPrompt(std::string_view question,
                                std::string_view reasoning,
                                std::string_view answer);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_PROMPT_OVERLAP_H_
