// SPDX-License-Identifier: Apache-2.0
// The model declines to answer more often than it used to.
#ifndef REASONWATCH_DETECTORS_SIGNALS_REFUSAL_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_REFUSAL_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kRefusalChannels[] = {
    {.name = "refusal/declines",
     .signal = kRefusal,
     .question = kPresent,
     .feature = Feature::kRefusal,
     .hints_at = CauseHint::kDeclined},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_REFUSAL_CHANNELS_H_
