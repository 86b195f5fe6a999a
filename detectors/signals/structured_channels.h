// SPDX-License-Identifier: Apache-2.0
// Answers that should be JSON, and are not, or not the one that was asked for.
#ifndef REASONWATCH_DETECTORS_SIGNALS_STRUCTURED_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_STRUCTURED_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kStructuredChannels[] = {
    {.name = "structured_output/form_broken",
     .signal = kStructuredOutput,
     .question = kPresent,
     .feature = Feature::kFormBroken,
     .broken_output = true},
    {.name = "structured_output/json_vanishes",
     .signal = kStructuredOutput,
     .question = kMissing,
     .feature = Feature::kJsonAnswer},
    {.name = "structured_output/keys_unasked",
     .signal = kStructuredOutput,
     .question = kPresent,
     .feature = Feature::kJsonKeysUnasked},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_STRUCTURED_CHANNELS_H_
