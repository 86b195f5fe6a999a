// SPDX-License-Identifier: Apache-2.0
// Channels that signals were given after version 0.1.0.
//
// Their weights are small, so that what the older channels show is found as
// soon as before: a weight of a tenth asks for ten times the evidence, which is
// two responses more for a fault that every response shows. The weights of one
// signal here are together at most a tenth of its older ones.
#ifndef REASONWATCH_DETECTORS_SIGNALS_FURTHER_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_FURTHER_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

// table: further channels of older signals.
inline constexpr ChannelSpec kFurtherChannels[] = {
    // The mix of requests moves the spread of lengths more than their middle.
    {.name = "length_collapse/length_spread",
     .signal = kLengthCollapse,
     .question = kSpread,
     .feature = Feature::kOutputTokens,
     .weight = .05,
     .tolerance = .25},
    // Answers that belong to other questions.
    {.name = "answer_chain_mismatch/off_prompt",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kOffPrompt,
     .weight = .1,
     .kappa = .02,
     .hints_at = CauseHint::kMixedUp},
    // Habits of reasoning in another language than the prompt, gained or lost.
    {.name = "language_mixing/reasoning_appears",
     .signal = kLanguageMixing,
     .question = kPresent,
     .feature = Feature::kReasoningMismatch,
     .weight = .04},
    {.name = "language_mixing/reasoning_vanishes",
     .signal = kLanguageMixing,
     .question = kMissing,
     .feature = Feature::kReasoningMismatch,
     .weight = .04},
    {.name = "language_mixing/third_language_appears",
     .signal = kLanguageMixing,
     .question = kPresent,
     .feature = Feature::kReasoningThirdLanguage,
     .weight = .04},
    {.name = "language_mixing/third_language_vanishes",
     .signal = kLanguageMixing,
     .question = kMissing,
     .feature = Feature::kReasoningThirdLanguage,
     .weight = .04},
    // Damage of the text; a channel each, as one fault shows one kind.
    {.name = "decorative_symbols/broken_characters",
     .signal = kDecorativeSymbols,
     .question = kPresent,
     .feature = Feature::kBrokenCharacters,
     .weight = .03,
     .broken_output = true,
     .hints_at = CauseHint::kDecoding},
    {.name = "decorative_symbols/spaces_lost",
     .signal = kDecorativeSymbols,
     .question = kPresent,
     .feature = Feature::kSpacesLost,
     .weight = .03,
     .hints_at = CauseHint::kDecoding},
    {.name = "decorative_symbols/spaces_doubled",
     .signal = kDecorativeSymbols,
     .question = kPresent,
     .feature = Feature::kSpacesDoubled,
     .weight = .03,
     .hints_at = CauseHint::kDecoding},
    {.name = "decorative_symbols/words_doubled",
     .signal = kDecorativeSymbols,
     .question = kPresent,
     .feature = Feature::kWordsDoubled,
     .weight = .03,
     .hints_at = CauseHint::kDecoding},
    {.name = "decorative_symbols/escaped_text",
     .signal = kDecorativeSymbols,
     .question = kPresent,
     .feature = Feature::kEscapedText,
     .weight = .03,
     .hints_at = CauseHint::kDecoding},
    {.name = "repetition_loop/answer_twice",
     .signal = kRepetitionLoop,
     .question = kPresent,
     .feature = Feature::kAnswerTwice,
     .weight = .1,
     .broken_output = true,
     .hints_at = CauseHint::kMixedUp},
    {.name = "empty_or_truncated/ends_mid_sentence",
     .signal = kEmptyOrTruncated,
     .question = kPresent,
     .feature = Feature::kEndsMidSentence,
     .weight = .1,
     .kappa = .01},
    // Sources are no longer cited, or not those of the request.
    {.name = "format_markers/citations_vanish",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kCitations,
     .weight = .1},
    {.name = "format_markers/citation_unknown",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kCitationUnknown,
     .weight = .1},
    // Code that is left out.
    {.name = "format_markers/code_stub",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kCodeStub,
     .weight = .1},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_FURTHER_CHANNELS_H_
