// SPDX-License-Identifier: Apache-2.0
// A response split into reasoning and answer by our own parsers.
#ifndef REASONWATCH_CORE_TRACE_H_
#define REASONWATCH_CORE_TRACE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/markers.h"
#include "core/regime.h"
#include "core/usage.h"

namespace reasonwatch {

// A call of a tool that the server has read out of the text.
struct ToolCall {
  std::string name;       // "" = not known
  std::string arguments;  // JSON as it was sent; "" = none
  bool operator==(const ToolCall&) const = default;
};

struct Trace {
  std::optional<std::string> reasoning;  // absent = no reasoning was delivered
  std::string answer;                    // as the user reads it
  std::string format;                    // name in the registry, or "unknown"
  MarkerState marker_state = MarkerState::kNone;
  ReasoningSource source = ReasoningSource::kNone;
  // Name of the field of the API body that carried the reasoning, e.g.
  // "reasoning_content"; "" = none did.
  std::string reasoning_field;
  // Only for an unknown format: how the text is marked, without its words.
  std::string unknown_shape;
  // Reasoning came encrypted or redacted only, or the source never delivers
  // its text: `reasoning` is empty or absent, and that says nothing of its
  // length.
  bool reasoning_hidden = false;
  bool split_differs = false;  // the server's split is not ours
  bool has_text = false;       // false: a content-free observation
  bool other_media = false;  // a part of the answer is sound, an image, a file
  // The body has what ends a body of its API. True without a body, and for an
  // API that has no such end.
  bool ended = true;

  std::string finish_reason;  // of formats/api/finish_reason.h
  Usage usage;
  Regime regime;  // the tap's word, else the body's
  int32_t tool_calls = 0;
  // The calls whose names and arguments are known: fewer than `tool_calls` if
  // the source has only a count, and at most those of formats/api/message.h.
  std::vector<ToolCall> calls;
  // Markup of a tool call was left in the answer, at the beginning of a line
  // and not quoted.
  bool tool_markup = false;
  int64_t dropped_bytes = 0;  // text beyond the size cap, counted not kept
  std::string error;          // why the body is wrong, "" = it is not
  std::string model;          // as the body names it, "" = it does not
  // Names of the message's fields that were not understood, and of those whose
  // text was left out because it had come before. A few of each, sorted.
  std::vector<std::string> ignored;
  std::vector<std::string> repeated;
  bool operator==(const Trace&) const = default;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_TRACE_H_
