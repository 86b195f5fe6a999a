// SPDX-License-Identifier: Apache-2.0
#include "features/ending.h"

#include <algorithm>

#include "answers/words.h"
#include "core/scored.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), ascii::IsTextSpace);
}

}  // namespace

Finish FinishOf(std::string_view reason) {
  if (reason.empty()) return Finish::kUnstated;
  if (words::IsOneOf(reason, {"stop", "end_turn", "eos", "eos_token",
                              "stop_sequence", "completed", "complete"}))
    return Finish::kStop;
  if (words::IsOneOf(reason, {"length", "max_tokens", "max_output_tokens",
                              "model_length", "max_new_tokens"}))
    return Finish::kLength;
  if (words::IsOneOf(
          reason,
          {"thinking_budget", "thinking_limit", "reasoning_length",
           "reasoning_budget", "max_thinking_tokens", "max_reasoning_tokens",
           "thinking_budget_exceeded", "reasoning_budget_exceeded"}))
    return Finish::kThinkingBudget;
  if (words::IsOneOf(reason,
                     {"tool_calls", "tool_use", "tool_call", "function_call"}))
    return Finish::kToolCalls;
  if (words::IsOneOf(reason,
                     {"content_filter", "safety", "refusal", "recitation"}))
    return Finish::kContentFilter;
  return Finish::kOther;
}

bool WasCut(const Trace& trace, TransportEnd transport_end) {
  return FinishOf(trace.finish_reason) == Finish::kLength ||
         trace.dropped_bytes > 0 || transport_end != TransportEnd::kComplete;
}

void ReadEnding(const Trace& trace, const Response& response, Scored& scored) {
  const auto set = [&](Feature f, bool value) {
    scored.reading(f) = value ? 1.0F : 0.0F;
  };
  scored.finish = FinishOf(trace.finish_reason);
  if (response.transport_end == TransportEnd::kClientAbort) return;
  // The last event of a stream carries the finish reason; a stream without one
  // is incomplete even if the tap saw it close normally.
  const bool missing_end =
      !trace.ended && trace.finish_reason.empty() && trace.error.empty();
  const bool cut = response.transport_end == TransportEnd::kUpstreamReset;
  const bool known = trace.has_text || !trace.finish_reason.empty() || cut;
  if (known || missing_end) set(Feature::kCutInTransport, cut || missing_end);

  const bool tools =
      trace.tool_calls > 0 || scored.finish == Finish::kToolCalls;
  // Counted output tokens without any text are an empty answer too.
  const bool counted = trace.usage.output_tokens.value_or(0) > 0 &&
                       !response.body.empty() && trace.error.empty();
  if (tools || !trace.error.empty() || (!trace.has_text && !counted)) return;
  // A spoken or drawn answer is none that a text could show.
  if (trace.other_media) return;
  // Bytes that the parser dropped for their size may have held the answer.
  const bool empty = IsBlank(trace.answer) && trace.dropped_bytes == 0;
  if (scored.finish != Finish::kUnstated)
    set(Feature::kStopEmpty, empty && scored.finish == Finish::kStop);
  set(Feature::kReasoningWithoutAnswer,
      empty && trace.reasoning.has_value() && !IsBlank(*trace.reasoning));
}

}  // namespace reasonwatch
