// SPDX-License-Identifier: Apache-2.0
#include "features/ending.h"

#include <algorithm>

#include "answers/words.h"
#include "core/scored.h"
#include "features/symbols/character_class.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

bool IsBlank(std::string_view text) {
  return std::all_of(text.begin(), text.end(), ascii::IsTextSpace);
}

// Bytes of an answer from which its end is looked at: a shorter one may be a
// bare value or a title.
constexpr size_t kFewestBytes = 60;
// Words of a last line that is a sentence.
constexpr size_t kFewestWords = 4;

// The line begins as an item of a list, a heading, a quotation, a row of a
// table or a displayed formula.
bool IsItem(std::string_view line) {
  if (line.find_first_of("-*+|#>\\$") == 0 || line.starts_with("\xE2\x80\xA2"))
    return true;
  const size_t digits = line.find_first_not_of("0123456789");
  return digits > 0 && digits != std::string_view::npos &&
         (line[digits] == '.' || line[digits] == ')');
}

size_t CountWords(std::string_view line, size_t limit) {
  size_t words = 0;
  bool in_word = false;
  for (size_t i = 0; i < line.size() && words < limit; ++i) {
    const bool space = ascii::IsTextSpace(line[i]);
    words += !space && !in_word;
    in_word = !space;
  }
  return words;
}

}  // namespace

std::optional<bool> EndsMidSentence(std::string_view answer, bool open_fence) {
  answer = ascii::Trim(answer);
  if (answer.size() < kFewestBytes) return std::nullopt;
  if (open_fence) return true;
  const std::string_view line = answer.substr(answer.rfind('\n') + 1);
  if (IsItem(line)) return std::nullopt;
  // The beginning of the last character.
  size_t at = answer.size() - 1;
  while (at > 0 && (static_cast<unsigned char>(answer[at]) & 0xC0) == 0x80)
    --at;
  const Character last = CharacterAt(answer, at);
  if (last.code_point >= 0x80) {
    const CharacterClass kind = ClassOf(last.code_point);
    // Scripts without spaces have no words to count.
    const bool spaced = kind < CharacterClass::kThai;
    if (!IsLetter(kind)) return false;
    if (spaced && CountWords(line, kFewestWords) < kFewestWords)
      return std::nullopt;
    return true;
  }
  if (CountWords(line, kFewestWords) < kFewestWords) return std::nullopt;
  const char c = answer.back();
  return ascii::IsAlnum(c) ||
         std::string_view(",-([{=+/&:").find(c) != std::string_view::npos;
}

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
