// SPDX-License-Identifier: Apache-2.0
// Emoji, symbol runs and garbage.
#ifndef REASONWATCH_DETECTORS_SIGNALS_SYMBOL_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_SYMBOL_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

inline constexpr ChannelSpec kSymbolChannels[] = {
    {.name = "decorative_symbols/density",
     .signal = kDecorativeSymbols,
     .question = kHigh,
     .feature = Feature::kSymbolDensity},
    {.name = "decorative_symbols/garbage_run",
     .signal = kDecorativeSymbols,
     .question = kPresent,
     .feature = Feature::kGarbageRun,
     .broken_output = true},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_SYMBOL_CHANNELS_H_
