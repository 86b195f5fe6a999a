// SPDX-License-Identifier: Apache-2.0
// The finish reason of a response.
#ifndef REASONWATCH_CORE_FINISH_H_
#define REASONWATCH_CORE_FINISH_H_

#include <cstdint>
#include <string_view>

#include "util/enum_names.h"

namespace reasonwatch {

// Why the server says that a response ended.
enum class Finish : uint8_t {
  kUnstated,
  kStop,
  kLength,
  kThinkingBudget,
  kToolCalls,
  kContentFilter,
  kOther,
  kCount
};
inline constexpr EnumNames<Finish, static_cast<int>(Finish::kCount)>
    kFinishNames = {{"none", "stop", "length", "thinking_budget", "tool_calls",
                     "content_filter", "other"}};
static_assert(AllNamed(kFinishNames));
inline std::string_view FinishName(Finish finish) {
  return NameOf(kFinishNames, finish);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_FINISH_H_
