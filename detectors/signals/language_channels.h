// SPDX-License-Identifier: Apache-2.0
// Answers in a language or script that they do not have when healthy.
#ifndef REASONWATCH_DETECTORS_SIGNALS_LANGUAGE_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_LANGUAGE_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kLanguageChannels[] = {
    // Answers in another language than the asked one are healthy in some
    // traffic; there their loss is the change.
    {.name = "language_mixing/mismatch_appears",
     .signal = kLanguageMixing,
     .question = kPresent,
     .feature = Feature::kLanguageMismatch},
    {.name = "language_mixing/mismatch_vanishes",
     .signal = kLanguageMixing,
     .question = kMissing,
     .feature = Feature::kLanguageMismatch},
    {.name = "language_mixing/rare_pair",
     .signal = kLanguageMixing,
     .question = kRarePair},
    {.name = "language_mixing/minority_script",
     .signal = kLanguageMixing,
     .question = kHigh,
     .feature = Feature::kMinorityScript},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_LANGUAGE_CHANNELS_H_
