// Which language a request asks for.
#ifndef REASONWATCH_FEATURES_LANGUAGE_ASKED_H_
#define REASONWATCH_FEATURES_LANGUAGE_ASKED_H_

#include <cstdint>
#include <string_view>

#include "features/language/languages.h"

namespace reasonwatch {

// What a text says about the language of the answer.
struct StatedLanguage {
  uint8_t language = kUnknownLanguage;
  // It names languages in a way that leaves it open which one the answer is to
  // have: "How do you say it in French?", "in English or German".
  bool ambiguous = false;
};

// Instructions such as "Reply in French", "an essay of 300 words in Korean",
// "auf Deutsch", "en español", "请用英语回答", "日本語で", by a table of
// phrases for about 30 languages. Reads the first 2 KB and the last 1 KB. Pure,
// thread-safe, linear.
StatedLanguage FindStatedLanguage(std::string_view text);

// The language that an answer should have: `asked` (BCP 47, "" = not said),
// else what the prompt says, else what the system prompt says, else the
// language that the prompt is in. kUnknownLanguage where that is not clear, as
// with a prompt that begins in one language and ends in another, or one about
// translation that names no target.
uint8_t ExpectedLanguage(std::string_view asked, std::string_view system_prompt,
                         std::string_view prompt);

}  // namespace reasonwatch

#endif  // REASONWATCH_FEATURES_LANGUAGE_ASKED_H_
