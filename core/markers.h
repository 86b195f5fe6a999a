// SPDX-License-Identifier: Apache-2.0
// How reasoning was marked in a response, and which field carried it.
#ifndef REASONWATCH_CORE_MARKERS_H_
#define REASONWATCH_CORE_MARKERS_H_

#include <cstdint>
#include <string_view>

#include "util/enum_names.h"

namespace reasonwatch {

// How the reasoning markers of the format stood in the text.
enum class MarkerState : uint8_t {
  kNone,        // the format has no markers, or the response has no text
  kWellFormed,  // start (or opened by the template), end, answer
  kForcedOpen,  // no start, an end: the template opened the block
  kUnclosed,    // a start (or opened by the template) without an end
  kDoubled,     // there are more markers than the format allows
  kLeaked,      // a marker is inside the delivered answer
  kAbsent,      // the format has markers and the text has none of them
  kStripped,    // the text shows that a server took the markers out
  kUnexpected,  // markers of another family than the model's
  kCount
};
inline constexpr int kMarkerStateCount = static_cast<int>(MarkerState::kCount);
inline constexpr EnumNames<MarkerState, kMarkerStateCount> kMarkerStateNames = {
    {"none", "well_formed", "forced_open", "unclosed", "doubled", "leaked",
     "absent", "stripped", "unexpected"}};
static_assert(AllNamed(kMarkerStateNames));
inline std::string_view MarkerStateName(MarkerState state) {
  return NameOf(kMarkerStateNames, state);
}

// Which field carried the reasoning to us.
enum class ReasoningSource : uint8_t {
  kNone,    // nowhere: no reasoning was delivered
  kInText,  // between markers in the content
  kField,   // in a field of its own
  kBoth     // field and markers
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_MARKERS_H_
