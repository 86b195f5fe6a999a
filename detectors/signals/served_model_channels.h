// SPDX-License-Identifier: Apache-2.0
// Another model answers than the one that was asked.
#ifndef REASONWATCH_DETECTORS_SIGNALS_SERVED_MODEL_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_SERVED_MODEL_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kServedModelChannels[] = {
    {.name = "served_model_changed/other_name",
     .signal = kServedModelChanged,
     .question = kPresent,
     .feature = Feature::kOtherModelServed,
     .hints_at = CauseHint::kOtherModel},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_SERVED_MODEL_CHANNELS_H_
