// No answer, or one that was cut off.
#include "detectors/sequential/channel.h"

namespace reasonwatch {
namespace {

using enum Signal;
using enum Question;

constexpr ChannelSpec kEmptyChannels[] = {
    {.name = "empty_or_truncated/stop_empty",
     .signal = kEmptyOrTruncated,
     .question = kPresent,
     .feature = Feature::kStopEmpty,
     .by_turn_and_fill = true},
    {.name = "empty_or_truncated/reasoning_without_answer",
     .signal = kEmptyOrTruncated,
     .question = kPresent,
     .feature = Feature::kReasoningWithoutAnswer,
     .by_turn_and_fill = true},
    {.name = "empty_or_truncated/cut_in_transport",
     .signal = kEmptyOrTruncated,
     .question = kPresent,
     .feature = Feature::kCutInTransport,
     .reads_cut_responses = true},
};

}  // namespace

std::span<const ChannelSpec> EmptyChannels() { return kEmptyChannels; }

}  // namespace reasonwatch
