// SPDX-License-Identifier: Apache-2.0
// The numbers that are read off a response.
#ifndef REASONWATCH_CORE_FEATURE_H_
#define REASONWATCH_CORE_FEATURE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

#include "util/enum_names.h"

namespace reasonwatch {

// Every number that is read off a response. The names are persisted; never
// rename one, add a new one instead. Rates are 0 or 1.
enum class Feature : uint8_t {
  // log2(1 + tokens), by the server's count, or by our estimate if it gave
  // none or one that its text contradicts; see Scored::lengths.
  kOutputTokens,
  kReasoningTokens,  // the same; absent = 0 if none was delivered
  kZeroThinking,     // no or empty reasoning
  kSingleSentence,   // the chain is at most one sentence
  kDirectAnswer,     // the answer is in the first two sentences
  kFinishLength,     // finish reason: token limit
  kThinkTags,        // reasoning came between markers in the text
  kReasoningField,   // reasoning came in a field of its own
  kSteps,            // numbered or named steps
  kBoxed,            // \boxed{}
  kAnswerTag,        // <answer>
  kCodeFence,        // ```
  kJsonKeys,         // an object with named keys
  kUnclosed,         // reasoning block without an end
  kDoubled,          // a marker more often than allowed
  kLeaked,           // a marker inside the answer
  kSplitDiffers,     // the server's split is not ours
  kUnknownFormat,    // no format of the registry fits

  kLanguageMismatch,   // the answer is not in the language that was asked for
  kMinorityScript,     // log2(1 + 1000 x share of letters of other scripts)
  kSymbolDensity,      // log2(1 + 1000 x decorative symbols a character)
  kGarbageRun,         // a run of replacement, control or one same character
  kExactPeriod,        // the tail repeats with an exact period
  kShingleRecurrence,  // the same passages come back, not exactly
  kStopEmpty,          // finish reason stop, and an empty answer
  kReasoningWithoutAnswer,  // reasoning, no answer, whatever the reason
  kCutInTransport,          // the connection ended before the response did
  kAnswerNotInChain,        // the chain never comes to the stated answer
  kAnswerContradictsChain,  // the chain concludes something else
  kContradictoryAnswers,    // two final answers that differ
  kRubricSelfContained,     // 0 to 2
  kRubricConnected,         // 0 to 2
  kRubricFollows,           // 0 to 2
  kRubricLow,               // the three together are under 4

  kHabitsShown,  // log2(1 + phrases of the model's profile that begin a line)
  kRefusal,      // the answer declines to answer

  // log2(1 + tokens) by our estimate, whatever the server counts.
  kEstimatedOutputTokens,
  kEstimatedReasoningTokens,

  kToolCallInvalid,  // a tool call that breaks its JSON or the tool's schema
  kToolMarkup,       // markup of a tool call is in the answer
  kToolCalled,       // a tool is called
  kClaimedWork,      // work with tools is said to be done, and none was called
  kFormBroken,       // JSON that does not parse or breaks the asked schema
  kJsonAnswer,       // JSON was asked for, and the whole answer is JSON
  kJsonKeysUnasked,  // the JSON has a key that the request does not name
  kOffPrompt,        // no word of the question occurs in the response
  kReasoningMismatch,       // the reasoning is not in the prompt's language
  kReasoningThirdLanguage,  // and in that of neither the prompt nor English
  kSpacesLost,              // words run together
  kSpacesDoubled,           // two spaces between words
  kWordsDoubled,            // the same word twice in a row, again and again
  kBrokenCharacters,  // text of a wrong encoding, U+FFFD, control characters
  kEscapedText,       // escapes of JSON or HTML that a reader sees
  kAnswerTwice,       // the whole answer is there twice
  kEndsMidSentence,   // the server says stop, and a sentence has no end
  kCitations,         // sources that the request numbers are cited
  kCitationUnknown,   // a cited number that the request does not have
  kCodeStub,          // a comment takes the place of code
  kOtherModelServed,  // the body names another model than was asked for
  kCount
};
inline constexpr int kFeatureCount = static_cast<int>(Feature::kCount);

inline constexpr EnumNames<Feature, kFeatureCount> kFeatureNames = {
    {"output_tokens",
     "reasoning_tokens",
     "zero_thinking",
     "single_sentence",
     "direct_answer",
     "finish_length",
     "think_tags",
     "reasoning_field",
     "steps",
     "boxed",
     "answer_tag",
     "code_fence",
     "json_keys",
     "unclosed",
     "doubled",
     "leaked",
     "split_differs",
     "unknown_format",
     "language_mismatch",
     "minority_script",
     "symbol_density",
     "garbage_run",
     "exact_period",
     "shingle_recurrence",
     "stop_empty",
     "reasoning_without_answer",
     "cut_in_transport",
     "answer_not_in_chain",
     "answer_contradicts_chain",
     "contradictory_answers",
     "rubric_self_contained",
     "rubric_connected",
     "rubric_follows",
     "rubric_low",
     "habits_shown",
     "refusal",
     "estimated_output_tokens",
     "estimated_reasoning_tokens",
     "tool_call_invalid",
     "tool_markup",
     "tool_called",
     "claimed_work",
     "form_broken",
     "json_answer",
     "json_keys_unasked",
     "off_prompt",
     "reasoning_mismatch",
     "reasoning_third_language",
     "spaces_lost",
     "spaces_doubled",
     "words_doubled",
     "broken_characters",
     "escaped_text",
     "answer_twice",
     "ends_mid_sentence",
     "citations",
     "citation_unknown",
     "code_stub",
     "other_model_served"}};
static_assert(AllNamed(kFeatureNames));
inline std::string_view FeatureName(Feature feature) {
  return NameOf(kFeatureNames, feature);
}

// Lengths that a server may count.
inline constexpr std::array kCountedLengths = {Feature::kOutputTokens,
                                               Feature::kReasoningTokens};
// The estimate of such a length; kCount: not such a length.
constexpr Feature EstimateOf(Feature length) {
  if (length == Feature::kOutputTokens) return Feature::kEstimatedOutputTokens;
  if (length == Feature::kReasoningTokens)
    return Feature::kEstimatedReasoningTokens;
  return Feature::kCount;
}
// A reading in log2(1 + tokens).
constexpr bool IsLength(Feature f) {
  return f == Feature::kOutputTokens || f == Feature::kReasoningTokens ||
         f == Feature::kEstimatedOutputTokens ||
         f == Feature::kEstimatedReasoningTokens;
}

// A stored array with an element a feature: those of version 0.1.0 come first,
// and a state without the later ones is read all the same.
template <typename Archive, typename T>
void DescribePerFeature(Archive& archive, std::string_view name,
                        std::array<T, kFeatureCount>& values) {
  constexpr size_t kFeaturesAtFirst = 35;  // of the first stored version
  archive.Growing(name, "features", kFeaturesAtFirst, values);
}

inline constexpr float kNoReading = std::numeric_limits<float>::quiet_NaN();

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_FEATURE_H_
