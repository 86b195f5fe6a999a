// SPDX-License-Identifier: Apache-2.0
#include "features/strata/strata.h"

#include <array>
#include <bit>
#include <string_view>

#include "util/strings.h"

namespace reasonwatch {
namespace {

// Their places are stored: new ones go to the end.
constexpr std::array<std::string_view, 7> kEfforts = {
    "none", "minimal", "low", "medium", "high", "xhigh", "max"};
// An effort in a word of the server's own.
constexpr uint8_t kOtherEffort = kEfforts.size() + 1;

uint8_t IntentOf(const Intent& intent) {
  uint8_t effort = intent.effort.empty() ? 0 : kOtherEffort;
  for (size_t i = 0; i < kEfforts.size(); ++i)
    if (intent.effort == kEfforts[i]) effort = static_cast<uint8_t>(i + 1);
  return static_cast<uint8_t>(effort << 2 |
                              static_cast<uint8_t>(intent.thinking));
}

}  // namespace

Stratum MakeStratum(const Response& response, const PromptText& prompt,
                    int64_t context_window) {
  Stratum s;
  s.intent = IntentOf(response.intent);
  if (!response.task.empty())
    s.task = static_cast<uint8_t>(1 + StableHash(response.task) % 255);
  if (response.context_window > 0) context_window = response.context_window;
  const auto& input = response.usage.input_tokens;
  if (context_window > 0 && input.has_value()) {
    const double fill =
        static_cast<double>(*input) / static_cast<double>(context_window);
    s.fill = fill < .5 ? 0 : fill < .75 ? 1 : 2;
  }
  const int32_t turn = response.turn > 0 ? response.turn : prompt.user_turns;
  s.turn = turn <= 1 ? 0 : turn <= 5 ? 1 : 2;
  s.tool = prompt.tool_turn;
  if (prompt.user.empty() && input.has_value() && *input > 0)
    s.prompt_length = static_cast<uint8_t>(
        1 + std::bit_width(static_cast<uint64_t>(*input)) / 2);
  return s;
}

}  // namespace reasonwatch
