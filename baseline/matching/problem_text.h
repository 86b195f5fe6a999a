// A prompt as the problem that it asks: without its wrapping, as tokens.
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_PROBLEM_TEXT_H_
#define REASONWATCH_BASELINE_MATCHING_PROBLEM_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace reasonwatch {

// Longer prompts are only compared whole, by their digest.
inline constexpr size_t kMaxProblemBytes = size_t{64} << 10;

// Compatibility-composed (NFKC), typographic quotes and dashes as ASCII, zero-
// width characters dropped, superscripts as ^2. White space is left to the
// tokens.
std::string NormalizeUnicode(std::string_view text);

// What is left of a normalised prompt when its wrapping is taken off: chat
// template, worked examples before the last question, labels ("Question:",
// "Answer:"), and sentences at either end that only say how to answer. Never
// empty where the prompt is not.
std::string_view ProblemCore(std::string_view normalized);

// Sentences that say how to answer and nothing about the problem. Numbers and
// questions are never such.
bool IsInstruction(std::string_view sentence);

// Asks for something else than the problem beside it does: another unit,
// rounding, a condition, arithmetic. No instruction does.
bool ChangesTheAnswer(std::string_view sentence);

// Does the sentence share a word with the problem that is not one of answering
// in general? Then it may say something about it.
bool SpeaksOfIt(std::string_view sentence, std::string_view problem);

struct ProblemToken {
  uint32_t hash = 0;      // the word, number or sign; 0 never
  uint32_t skeleton = 0;  // numbers are one placeholder, names another
  uint32_t begin = 0;     // bytes in the text
  uint32_t end = 0;
};
// Words, numbers, signs; CJK characters one by one. Sentence punctuation and
// white space leave no token.
std::vector<ProblemToken> TokenizeProblem(std::string_view normalized);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_PROBLEM_TEXT_H_
