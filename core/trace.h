// A response split into reasoning and answer by our own parsers.
#ifndef REASONWATCH_CORE_TRACE_H_
#define REASONWATCH_CORE_TRACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/response.h"

namespace reasonwatch {

// How the reasoning markers of the format stood in the text.
enum class MarkerState : uint8_t {
  kNone,        // the format has no markers, or the response has no text
  kWellFormed,  // start (or opened by the template), end, answer
  kForcedOpen,  // no start, an end: the template opened the block
  kUnclosed,    // a start (or opened by the template) without an end
  kDoubled,     // a marker stands more often than the format allows
  kLeaked,      // a marker stands inside the delivered answer
  kAbsent,      // the format has markers and the text has none of them
  kStripped,    // the text shows that a server took the markers out
  kUnexpected,  // markers of another family than the model's
  kCount
};
inline constexpr int kMarkerStateCount = static_cast<int>(MarkerState::kCount);
// Exported name, e.g. "well_formed".
std::string_view MarkerStateName(MarkerState state);

// Which field carried the reasoning to us.
enum class ReasoningSource : uint8_t {
  kNone,    // nowhere: no reasoning was delivered
  kInText,  // between markers in the content
  kField,   // in a field of its own
  kBoth     // field and markers
};

struct Trace {
  std::optional<std::string> reasoning;  // absent = no reasoning was delivered
  std::string answer;                    // what the user reads
  std::string format;                    // name in the registry, or "unknown"
  MarkerState marker_state = MarkerState::kNone;
  ReasoningSource source = ReasoningSource::kNone;
  // Name of the field of the API body that carried the reasoning, e.g.
  // "reasoning_content"; "" = none did.
  std::string reasoning_field;
  // Of an unknown format: how the text is marked, without its words.
  std::string unknown_shape;
  // Reasoning came encrypted or redacted only: `reasoning` is empty, and that
  // says nothing of its length.
  bool reasoning_hidden = false;
  bool split_differs = false;  // the server's split is not ours
  bool has_text = false;       // false: a content-free observation

  std::string finish_reason;  // of formats/api/finish_reason.h
  Usage usage;
  Regime regime;  // the tap's word, else the body's
  int32_t tool_calls = 0;
  int64_t dropped_bytes = 0;  // text beyond the size cap, counted not kept
  std::string error;          // what is wrong with the body, "" = nothing
  bool operator==(const Trace&) const = default;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_TRACE_H_
