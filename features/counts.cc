// SPDX-License-Identifier: Apache-2.0
#include "features/counts.h"

#include <string_view>

#include "features/readings.h"

namespace reasonwatch {
namespace {

// Tokens of markers, of ends and of tools that no text shows.
constexpr int64_t kUnseenTokens = 64;
// A token has four bytes in our estimate; no tokenizer in use has a mean of
// more than twelve over a whole text.
constexpr int64_t kLongestMean = 3;

// `all` is false if the server also counts tokens that are not in the text.
bool Explains(int64_t counted, int64_t bytes, int64_t estimated, bool all) {
  if (counted * kLongestMean + kUnseenTokens < estimated) return false;
  return !all || counted <= bytes + kUnseenTokens;
}

}  // namespace

OwnCounts EstimateCounts(const Trace& trace) {
  OwnCounts own;
  if (!trace.has_text) return own;
  const int64_t answer = EstimateTokens(trace.answer);
  if (trace.reasoning_hidden) return own;
  own.reasoning = EstimateTokens(trace.reasoning.value_or(""));
  own.output = *own.reasoning + answer;
  return own;
}

CountCheck CheckCounts(const Trace& trace) {
  const auto& [input, output, reasoning] = trace.usage;
  CountCheck check;
  check.own = EstimateCounts(trace);
  if (output.has_value() && reasoning.has_value() && *reasoning > *output)
    check.output = check.reasoning = false;
  if (trace.has_text) {
    const std::string_view chain = trace.reasoning.has_value()
                                       ? std::string_view(*trace.reasoning)
                                       : std::string_view();
    const auto chain_bytes = static_cast<int64_t>(chain.size());
    const auto bytes = chain_bytes + static_cast<int64_t>(trace.answer.size());
    const bool all = !trace.reasoning_hidden && trace.tool_calls == 0 &&
                     !trace.other_media && trace.dropped_bytes == 0;
    const int64_t own_chain =
        check.own.reasoning.value_or(EstimateTokens(chain));
    const int64_t own_all = check.own.output.has_value()
                                ? *check.own.output
                                : own_chain + EstimateTokens(trace.answer);
    if (!check.reasoning.has_value() && reasoning.has_value() &&
        !trace.reasoning_hidden)
      check.reasoning = Explains(*reasoning, chain_bytes, own_chain, all);
    if (!check.output.has_value() && output.has_value())
      check.output = Explains(*output, bytes, own_all, all);
  }
  check.all = check.output;
  if (!check.all.has_value() || check.reasoning == false)
    check.all = check.reasoning;
  // Tokens that were counted for a chain of which nothing came: the text is
  // what is wrong.
  const bool lost = check.reasoning == false && check.own.reasoning == 0;
  const auto measured = [](const std::optional<int64_t>& own) {
    return own.value_or(0) > 0;
  };
  check.output_counts = output.has_value() && (check.output != false || lost ||
                                               !measured(check.own.output));
  check.reasoning_counts =
      reasoning.has_value() &&
      (check.reasoning != false || !measured(check.own.reasoning));
  return check;
}

std::optional<bool> CountsAgree(const Trace& trace) {
  return CheckCounts(trace).all;
}

}  // namespace reasonwatch
