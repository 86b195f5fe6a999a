// SPDX-License-Identifier: Apache-2.0
#include "formats/api/finish_reason.h"

#include <algorithm>
#include <array>
#include <utility>

#include "util/ascii.h"

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
        {"complete", kFinishStop},
        {"done", kFinishStop},
        {"finished", kFinishStop},
        {"normal", kFinishStop},
        {"stop_token", kFinishStop},
        {"word", kFinishStop},
        {"limit", kFinishLength},
        {"max_output_tokens", kFinishLength},
        {"max_completion_tokens", kFinishLength},
        {"max_length", kFinishLength},
        {"model_length", kFinishLength},
        {"model_context_window_exceeded", kFinishLength},
        {"context_length_exceeded", kFinishLength},
        {"max_new_tokens", kFinishLength},
        {"max_tokens_reached", kFinishLength},
        {"token_limit", kFinishLength},
        {"length_limit", kFinishLength},
        {"error_limit", kFinishLength},
        {"incomplete", kFinishLength},
        {"tool_call", kFinishToolCalls},
        {"function_call", kFinishToolCalls},
        {"pause_turn", kFinishToolCalls},
        {"function_calls", kFinishToolCalls},
        {"content_filter", kFinishContentFilter},
        {"content_filtered", kFinishContentFilter},
        {"refusal", kFinishContentFilter},
        {"safety", kFinishContentFilter},
        {"recitation", kFinishContentFilter},
        {"blocklist", kFinishContentFilter},
        {"prohibited_content", kFinishContentFilter},
        {"spii", kFinishContentFilter},
        {"sensitive", kFinishContentFilter},
        {"moderation", kFinishContentFilter},
        {"language", kFinishContentFilter},
        {"image_safety", kFinishContentFilter},
        {"image_prohibited_content", kFinishContentFilter},
        {"error_toxic", kFinishContentFilter},
        {"model_armor", kFinishContentFilter},
        {"guardrail_intervened", kFinishContentFilter},
        {"repetition", kFinishRepetition},
        {"repetition_detected", kFinishRepetition},
        {"abort", kFinishAbort},
        {"aborted", kFinishAbort},
        {"cancelled", kFinishAbort},
        {"canceled", kFinishAbort},
        {"user_cancel", kFinishAbort},
        {"user_cancelled", kFinishAbort},
        {"client_disconnected", kFinishAbort},
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
        {"insufficient_system_resource", kFinishError},
        {"network_error", kFinishError},
        {"timeout", kFinishError},
        {"server_error", kFinishError},
        {"internal_error", kFinishError},
        {"engine_error", kFinishError},
        {"malformed_function_call", kFinishError},
        {"malformed_model_output", kFinishError},
        {"malformed_tool_use", kFinishError},
        {"malformed_response", kFinishError},
        {"unexpected_tool_call", kFinishError},
        {"too_many_tool_calls", kFinishError},
        {"missing_thought_signature", kFinishError},
    });

// Letters of either case are one, and so are a hyphen and an underscore.
bool SameWord(std::string_view a, std::string_view b) {
  const auto common = [](char c) { return c == '-' ? '_' : ascii::Lower(c); };
  return std::ranges::equal(a, b, {}, common, common);
}

}  // namespace

std::string_view FinishReasonOf(std::string_view word) {
  if (word.empty()) return {};
  for (const auto& [server_word, ours] : kWords)
    if (SameWord(word, server_word)) return ours;
  return kFinishOther;
}

}  // namespace reasonwatch
