// Emoji, symbol runs and garbage.
#include "detectors/sequential/channel.h"

namespace reasonwatch {
namespace {

using enum Signal;
using enum Question;

constexpr ChannelSpec kSymbolChannels[] = {
    {.name = "decorative_symbols/density",
     .signal = kDecorativeSymbols,
     .question = kHigh,
     .feature = Feature::kSymbolDensity},
    {.name = "decorative_symbols/garbage_run",
     .signal = kDecorativeSymbols,
     .question = kPresent,
     .feature = Feature::kGarbageRun},
};

}  // namespace

std::span<const ChannelSpec> SymbolChannels() { return kSymbolChannels; }

}  // namespace reasonwatch
