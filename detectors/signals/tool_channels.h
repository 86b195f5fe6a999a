// SPDX-License-Identifier: Apache-2.0
// Calls of tools that can't be carried out, or do not come.
#ifndef REASONWATCH_DETECTORS_SIGNALS_TOOL_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_TOOL_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kToolChannels[] = {
    {.name = "tool_call_invalid/arguments",
     .signal = kToolCallInvalid,
     .question = kPresent,
     .feature = Feature::kToolCallInvalid,
     .broken_output = true,
     .hints_at = CauseHint::kToolParser},
    {.name = "tool_call_invalid/markup_in_text",
     .signal = kToolCallInvalid,
     .question = kPresent,
     .feature = Feature::kToolMarkup,
     .broken_output = true,
     .hints_at = CauseHint::kToolParser},
    // Which turns call a tool depends on the users more than a prompt's words
    // show.
    {.name = "tool_call_invalid/calls_vanish",
     .signal = kToolCallInvalid,
     .question = kMissing,
     .feature = Feature::kToolCalled,
     .weight = .25,
     .kappa = .02,
     .hints_at = CauseHint::kToolParser},
    {.name = "tool_call_invalid/claimed_work",
     .signal = kToolCallInvalid,
     .question = kPresent,
     .feature = Feature::kClaimedWork,
     .weight = .25,
     .kappa = .01},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_TOOL_CHANNELS_H_
