// SPDX-License-Identifier: Apache-2.0
// One vocabulary for why a response ended.
#ifndef REASONWATCH_FORMATS_API_FINISH_REASON_H_
#define REASONWATCH_FORMATS_API_FINISH_REASON_H_

#include <string_view>

namespace reasonwatch {

inline constexpr std::string_view kFinishStop = "stop";
inline constexpr std::string_view kFinishLength = "length";
inline constexpr std::string_view kFinishToolCalls = "tool_calls";
inline constexpr std::string_view kFinishContentFilter = "content_filter";
inline constexpr std::string_view kFinishRepetition = "repetition";
inline constexpr std::string_view kFinishAbort = "abort";
inline constexpr std::string_view kFinishError = "error";
inline constexpr std::string_view kFinishThinkingBudget = "thinking_budget";
inline constexpr std::string_view kFinishOther = "other";

// The word above for any server's own word, in any case of letters: the finish
// reasons of chat completions, the stop reasons of Anthropic, the done reasons
// of Ollama, the stop types of llama.cpp, and the statuses of the Responses
// API. "" stays "", and a word that nobody documents becomes "other". The view
// lives for ever. Thread-safe.
std::string_view FinishReasonOf(std::string_view word);

}  // namespace reasonwatch

#endif  // REASONWATCH_FORMATS_API_FINISH_REASON_H_
