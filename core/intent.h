// SPDX-License-Identifier: Apache-2.0
// The request: the client's wishes for the answer, and how to sample.
#ifndef REASONWATCH_CORE_INTENT_H_
#define REASONWATCH_CORE_INTENT_H_

#include <cstdint>
#include <optional>
#include <string>

namespace reasonwatch {

enum class Thinking : uint8_t { kUnstated, kOn, kOff };

// The wishes that the request states.
struct Intent {
  // "", "none", "minimal", "low", "medium", "high", "xhigh", "max", or a word
  // of the server's own
  std::string effort;
  Thinking thinking = Thinking::kUnstated;
  int64_t max_tokens = 0;      // 0 = not stated
  std::string asked_language;  // BCP 47, "" = not stated
  // Tokens of reasoning at most; absent if not stated or left to the model.
  std::optional<int64_t> thinking_budget;
};

struct Sampling {
  std::optional<double> temperature;
  std::optional<double> top_p;
  int32_t n = 1;             // choices asked for
  int32_t choice_index = 0;  // which of them this is
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_INTENT_H_
