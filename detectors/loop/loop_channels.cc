// The same passage over and over.
#include "detectors/sequential/channel.h"

namespace reasonwatch {
namespace {

using enum Signal;
using enum Question;

constexpr ChannelSpec kLoopChannels[] = {
    {.name = "repetition_loop/exact_period",
     .signal = kRepetitionLoop,
     .question = kPresent,
     .feature = Feature::kExactPeriod,
     .by_turn_and_fill = true},
    {.name = "repetition_loop/shingle_recurrence",
     .signal = kRepetitionLoop,
     .question = kPresent,
     .feature = Feature::kShingleRecurrence,
     .by_turn_and_fill = true},
};

}  // namespace

std::span<const ChannelSpec> LoopChannels() { return kLoopChannels; }

}  // namespace reasonwatch
