// SPDX-License-Identifier: Apache-2.0
// Problems of the baseline that were solved are failed now.
#ifndef REASONWATCH_DETECTORS_SIGNALS_CONSISTENCY_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_CONSISTENCY_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kConsistencyChannels[] = {
    {.name = "consistency_regression/graded_failures",
     .signal = kConsistencyRegression,
     .question = kFailed},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_CONSISTENCY_CHANNELS_H_
