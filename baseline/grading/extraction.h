// Where in a response the answer stands.
//
// Pure, thread-safe, linear time; reads the last 64 KiB of a response only.
#ifndef REASONWATCH_BASELINE_GRADING_EXTRACTION_H_
#define REASONWATCH_BASELINE_GRADING_EXTRACTION_H_

#include <optional>
#include <string>
#include <string_view>

namespace reasonwatch {

inline constexpr size_t kMaxScannedBytes = size_t{64} << 10;

// How the options of a multiple choice are named.
enum class OptionStyle { kLetter, kDigit, kEither };

// The answer proper, without reasoning block and control tokens, cut to its
// last kMaxScannedBytes.
std::string_view AnswerPart(std::string_view response);

// What stands in or behind the last answer marker (boxed, tag, JSON field,
// "the answer is", ...); nullopt where there is none.
std::optional<std::string> MarkedAnswer(std::string_view answer_part);

// Each returns "" where nothing of the kind can be found.
std::string ExtractMath(std::string_view response);
// The boxes of the last line that has one, joined by commas, whatever words
// stand between them; "" where there are fewer than two.
std::string ExtractLastBoxes(std::string_view response);
std::string ExtractNumber(std::string_view response);
std::string ExtractBoolean(std::string_view response);
std::string ExtractChoice(std::string_view response, OptionStyle style);
std::string ExtractText(std::string_view response);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_GRADING_EXTRACTION_H_
