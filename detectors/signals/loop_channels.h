// SPDX-License-Identifier: Apache-2.0
// The same passage over and over.
#ifndef REASONWATCH_DETECTORS_SIGNALS_LOOP_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_LOOP_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kLoopChannels[] = {
    {.name = "repetition_loop/exact_period",
     .signal = kRepetitionLoop,
     .question = kPresent,
     .feature = Feature::kExactPeriod,
     .by_turn_and_fill = true,
     .broken_output = true},
    {.name = "repetition_loop/shingle_recurrence",
     .signal = kRepetitionLoop,
     .question = kPresent,
     .feature = Feature::kShingleRecurrence,
     .by_turn_and_fill = true,
     .broken_output = true},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_LOOP_CHANNELS_H_
