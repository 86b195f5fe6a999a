#include "formats/api/finish_reason.h"

#include <array>
#include <utility>

#include "absl/strings/match.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

// The commonest first: every response looks its word up here.
constexpr auto kWords =
    std::to_array<std::pair<std::string_view, std::string_view>>({
        {"stop", kFinishStop},
        {"length", kFinishLength},
        {"tool_calls", kFinishToolCalls},
        {"end_turn", kFinishStop},
        {"max_tokens", kFinishLength},
        {"tool_use", kFinishToolCalls},
        {"completed", kFinishStop},
        {"stop_sequence", kFinishStop},
        {"eos", kFinishStop},
        {"eos_token", kFinishStop},
        {"word", kFinishStop},
        {"limit", kFinishLength},
        {"max_output_tokens", kFinishLength},
        {"max_length", kFinishLength},
        {"model_length", kFinishLength},
        {"model_context_window_exceeded", kFinishLength},
        {"incomplete", kFinishLength},
        {"tool_call", kFinishToolCalls},
        {"function_call", kFinishToolCalls},
        {"pause_turn", kFinishToolCalls},
        {"content_filter", kFinishContentFilter},
        {"content_filtered", kFinishContentFilter},
        {"refusal", kFinishContentFilter},
        {"safety", kFinishContentFilter},
        {"recitation", kFinishContentFilter},
        {"blocklist", kFinishContentFilter},
        {"prohibited_content", kFinishContentFilter},
        {"spii", kFinishContentFilter},
        {"guardrail_intervened", kFinishContentFilter},
        {"repetition", kFinishRepetition},
        {"repetition_detected", kFinishRepetition},
        {"abort", kFinishAbort},
        {"aborted", kFinishAbort},
        {"cancelled", kFinishAbort},
        {"canceled", kFinishAbort},
        {"thinking_budget", kFinishThinkingBudget},
        {"thinking_budget_exceeded", kFinishThinkingBudget},
        {"thinking_limit", kFinishThinkingBudget},
        {"reasoning_budget", kFinishThinkingBudget},
        {"reasoning_budget_exceeded", kFinishThinkingBudget},
        {"reasoning_length", kFinishThinkingBudget},
        {"max_thinking_tokens", kFinishThinkingBudget},
        {"max_reasoning_tokens", kFinishThinkingBudget},
        {"error", kFinishError},
        {"failed", kFinishError},
    });

}  // namespace

std::string_view FinishReasonOf(std::string_view word) {
  if (word.empty()) return {};
  for (const auto& [server_word, ours] : kWords)
    if (absl::EqualsIgnoreCase(AbslView(word), AbslView(server_word)))
      return ours;
  return kFinishOther;
}

}  // namespace reasonwatch
