// SPDX-License-Identifier: Apache-2.0
// Reasoning much shorter, or much longer, than this model's own.
#ifndef REASONWATCH_DETECTORS_SIGNALS_LENGTH_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_LENGTH_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kLengthChannels[] = {
    {.name = "length_collapse/output_tokens",
     .signal = kLengthCollapse,
     .question = kLow,
     .feature = Feature::kOutputTokens,
     .by_turn_and_fill = true},
    {.name = "length_collapse/reasoning_tokens",
     .signal = kLengthCollapse,
     .question = kLow,
     .feature = Feature::kReasoningTokens,
     .by_turn_and_fill = true,
     .min_reference_share = .1},
    {.name = "length_collapse/single_sentence",
     .signal = kLengthCollapse,
     .question = kPresent,
     .feature = Feature::kSingleSentence,
     .weight = .5,
     .by_turn_and_fill = true},
    {.name = "length_collapse/zero_thinking",
     .signal = kLengthCollapse,
     .question = kPresent,
     .feature = Feature::kZeroThinking,
     .weight = .5,
     .by_turn_and_fill = true,
     .hints_at = CauseHint::kReasoningGone},
    {.name = "length_collapse/direct_answer",
     .signal = kLengthCollapse,
     .question = kPresent,
     .feature = Feature::kDirectAnswer,
     .weight = .5,
     .by_turn_and_fill = true},
    {.name = "length_runaway/output_tokens",
     .signal = kLengthRunaway,
     .question = kHigh,
     .feature = Feature::kOutputTokens,
     .by_turn_and_fill = true},
    {.name = "length_runaway/reasoning_tokens",
     .signal = kLengthRunaway,
     .question = kHigh,
     .feature = Feature::kReasoningTokens,
     .by_turn_and_fill = true,
     .min_reference_share = .1},
    {.name = "length_runaway/finish_length",
     .signal = kLengthRunaway,
     .question = kPresent,
     .feature = Feature::kFinishLength},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_LENGTH_CHANNELS_H_
