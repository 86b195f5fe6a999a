// SPDX-License-Identifier: Apache-2.0
// The text around a problem: does it only wrap the problem, or ask for
// something else?
//
// Pure, thread-safe, linear time.
#ifndef REASONWATCH_BASELINE_MATCHING_FRAME_H_
#define REASONWATCH_BASELINE_MATCHING_FRAME_H_

#include <cstdint>
#include <string_view>

namespace reasonwatch {

// In the order of severity.
enum class FrameVerdict : uint8_t {
  kWrapping,  // markup, courtesy, the form of the answer, a solved example
  kUnsure,    // says something that nobody has listed
  kForeign    // asks about the problem, adds to it, or changes the answer
};

// One sentence or line beside `problem` ("" = not known yet). An empty one is
// kWrapping.
FrameVerdict ReadSentence(std::string_view sentence, std::string_view problem);

// Is it wrapping that says how to answer, so that it may be taken off a problem
// of the baseline? Markup and words that carry nothing ("Given") may not.
bool IsInstruction(std::string_view sentence, std::string_view problem);

struct FrameReading {
  FrameVerdict before = FrameVerdict::kWrapping;
  FrameVerdict after = FrameVerdict::kWrapping;
};
// All that stands before and behind `problem` in a normalised prompt.
FrameReading ReadFrame(std::string_view before, std::string_view problem,
                       std::string_view after);

// Does the sentence ask for another answer than the problem beside it:
// another unit, rounding, a condition, arithmetic?
bool ChangesTheAnswer(std::string_view sentence);

// Does the sentence share a word with the problem that is not one of answering
// in general? Then it may say something about it.
bool SpeaksOfIt(std::string_view sentence, std::string_view problem);

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_MATCHING_FRAME_H_
