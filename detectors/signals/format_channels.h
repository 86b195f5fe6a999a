// SPDX-License-Identifier: Apache-2.0
// The markers and habits of this model appear or vanish.
#ifndef REASONWATCH_DETECTORS_SIGNALS_FORMAT_CHANNELS_H_
#define REASONWATCH_DETECTORS_SIGNALS_FORMAT_CHANNELS_H_

#include "detectors/signals/channel.h"

namespace reasonwatch::channels {

using enum Signal;
using enum Question;

// table: markers, each asked whether it appears and whether it vanishes.
// A channel whose question can't be asked of the reference (a marker that is
// nearly always there can't appear) takes no part and no weight.
inline constexpr ChannelSpec kFormatChannels[] = {
    {.name = "format_markers/think_tags_appears",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kThinkTags},
    {.name = "format_markers/think_tags_vanishes",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kThinkTags,
     .hints_at = CauseHint::kReasoningGone},
    {.name = "format_markers/reasoning_field_appears",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kReasoningField},
    {.name = "format_markers/reasoning_field_vanishes",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kReasoningField,
     .hints_at = CauseHint::kReasoningGone},
    {.name = "format_markers/steps_appears",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kSteps,
     .weight = 0.5},
    {.name = "format_markers/steps_vanishes",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kSteps,
     .weight = 0.5},
    {.name = "format_markers/boxed_appears",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kBoxed},
    {.name = "format_markers/boxed_vanishes",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kBoxed},
    {.name = "format_markers/answer_tag_appears",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kAnswerTag},
    {.name = "format_markers/answer_tag_vanishes",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kAnswerTag},
    {.name = "format_markers/code_fence_appears",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kCodeFence},
    {.name = "format_markers/code_fence_vanishes",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kCodeFence},
    {.name = "format_markers/json_keys_appears",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kJsonKeys},
    {.name = "format_markers/json_keys_vanishes",
     .signal = kFormatMarkers,
     .question = kMissing,
     .feature = Feature::kJsonKeys},
    {.name = "format_markers/unclosed",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kUnclosed,
     .hints_at = CauseHint::kServerSplit},
    {.name = "format_markers/doubled",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kDoubled,
     .hints_at = CauseHint::kServerSplit},
    {.name = "format_markers/leaked",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kLeaked,
     .hints_at = CauseHint::kServerSplit},
    {.name = "format_markers/split_differs",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kSplitDiffers,
     .hints_at = CauseHint::kServerSplit},
    {.name = "format_markers/unknown_format",
     .signal = kFormatMarkers,
     .question = kPresent,
     .feature = Feature::kUnknownFormat},
    // Phrases follow the requests more than a prompt's words show; another
    // model, prompt or decoder loses most of them.
    {.name = "format_markers/habits_vanish",
     .signal = kFormatMarkers,
     .question = kLow,
     .feature = Feature::kHabitsShown,
     .weight = 0.5,
     .tolerance = 1,
     .min_reference_share = .3},
};

}  // namespace reasonwatch::channels

#endif  // REASONWATCH_DETECTORS_SIGNALS_FORMAT_CHANNELS_H_
