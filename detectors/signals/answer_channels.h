// SPDX-License-Identifier: Apache-2.0
// The stated answer does not follow from the chain.
#ifndef REASONWATCH_DETECTORS_SIGNALS_ANSWER_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_ANSWER_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kAnswerChannels[] = {
    {.name = "answer_chain_mismatch/not_in_chain",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kAnswerNotInChain},
    {.name = "answer_chain_mismatch/contradicts_chain",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kAnswerContradictsChain},
    {.name = "answer_chain_mismatch/contradictory_answers",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kContradictoryAnswers},
    {.name = "answer_chain_mismatch/rubric_low",
     .signal = kAnswerChainMismatch,
     .question = kPresent,
     .feature = Feature::kRubricLow,
     .weight = .5,
     .supporting = true},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_ANSWER_CHANNELS_H_
