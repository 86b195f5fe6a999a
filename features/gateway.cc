// SPDX-License-Identifier: Apache-2.0
#include "features/gateway.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "core/scored.h"
#include "util/ascii.h"

namespace reasonwatch {
namespace {

// Thinking as a request wishes for it, in whatever spelling.
Thinking WishOf(const Intent& intent) {
  if (intent.thinking != Thinking::kUnstated) return intent.thinking;
  if (intent.effort == "none" || intent.thinking_budget == 0)
    return Thinking::kOff;
  return intent.effort.empty() && !intent.thinking_budget.has_value()
             ? Thinking::kUnstated
             : Thinking::kOn;
}

// More output tokens than any text of `bytes` bytes has. Prose has four bytes a
// token and formulas two or three, and a reply's template adds a few tokens.
constexpr int64_t kTemplateTokens = 32;
bool MoreThanTheText(int64_t tokens, size_t bytes) {
  return tokens > static_cast<int64_t>(bytes) / 2 + kTemplateTokens;
}

}  // namespace

bool WishesDiffer(const Intent& asked, const Intent& sent) {
  if (WishOf(asked) != WishOf(sent)) return true;
  if (!asked.effort.empty() && !sent.effort.empty() &&
      asked.effort != sent.effort)
    return true;
  if (asked.thinking_budget.has_value() && sent.thinking_budget.has_value() &&
      asked.thinking_budget != sent.thinking_budget)
    return true;
  return asked.max_tokens > 0 && sent.max_tokens > 0 &&
         asked.max_tokens != sent.max_tokens;
}

void ReadGateway(const Trace& trace, const Response& response, Scored& scored) {
  scored.request_changed = response.sent_intent.has_value() &&
                           WishesDiffer(response.intent, *response.sent_intent);
  const std::string_view reasoning = trace.reasoning.has_value()
                                         ? std::string_view(*trace.reasoning)
                                         : std::string_view();
  const bool came =
      !std::all_of(reasoning.begin(), reasoning.end(), ascii::IsTextSpace);
  if (came || !trace.has_text || trace.reasoning_hidden || scored.lower_bound ||
      !trace.error.empty() || trace.dropped_bytes > 0)
    return;
  if (trace.usage.reasoning_tokens.value_or(0) > 0) {
    scored.reasoning_withheld = true;
    return;
  }
  // Servers that count no reasoning by itself count it as output. Tool calls,
  // sound and further choices have tokens of their own.
  scored.reasoning_withheld =
      !trace.usage.reasoning_tokens.has_value() && trace.tool_calls == 0 &&
      !trace.other_media && response.sampling.n <= 1 &&
      MoreThanTheText(trace.usage.output_tokens.value_or(0),
                      trace.answer.size());
}

}  // namespace reasonwatch
