// SPDX-License-Identifier: Apache-2.0
// No answer, or one that was cut off.
#ifndef REASONWATCH_DETECTORS_SIGNALS_EMPTY_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_EMPTY_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kEmptyChannels[] = {
    {.name = "empty_or_truncated/stop_empty",
     .signal = kEmptyOrTruncated,
     .question = kPresent,
     .feature = Feature::kStopEmpty,
     .by_turn_and_fill = true,
     .broken_output = true},
    {.name = "empty_or_truncated/reasoning_without_answer",
     .signal = kEmptyOrTruncated,
     .question = kPresent,
     .feature = Feature::kReasoningWithoutAnswer,
     .by_turn_and_fill = true,
     .broken_output = true},
    {.name = "empty_or_truncated/cut_in_transport",
     .signal = kEmptyOrTruncated,
     .question = kPresent,
     .feature = Feature::kCutInTransport,
     .reads_cut_responses = true},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_EMPTY_CHANNELS_H_
