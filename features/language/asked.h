// SPDX-License-Identifier: Apache-2.0
// The language that a request asks for.
#ifndef REASONWATCH_FEATURES_LANGUAGE_ASKED_H_
#define REASONWATCH_FEATURES_LANGUAGE_ASKED_H_

#include <cstdint>
#include <string_view>

#include "features/language/languages.h"

namespace reasonwatch {

// The statement of a text about the language of the answer.
struct StatedLanguage {
  uint8_t language = kUnknownLanguage;
  // The text names languages but leaves open which one the answer should have:
  // "How do you say it in French?", "in English or German".
  bool ambiguous = false;
};

// Finds instructions such as "Reply in French", "an essay of 300 words in
// Korean", "auf Deutsch", "en español", "请用英语回答", "日本語で", by a table
// of phrases for about 30 languages. Reads the first 2 KB and the last 1 KB.
// Pure, thread-safe, linear.
StatedLanguage FindStatedLanguage(std::string_view text);

// Returns the language that an answer should have: `asked` (BCP 47, "" = not
// given); else the one that the prompt states; else the one that the system
// prompt states; else the language of the prompt itself. Returns
// kUnknownLanguage if that is not clear: if a prompt begins in one language and
// ends in another, or is about translation and names no target.
uint8_t ExpectedLanguage(std::string_view asked, std::string_view system_prompt,
                         std::string_view prompt);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_ASKED_H_
