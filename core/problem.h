// SPDX-License-Identifier: Apache-2.0
// A problem that a request asks, as its caller names it.
#ifndef REASONWATCH_CORE_PROBLEM_H_
#define REASONWATCH_CORE_PROBLEM_H_

#include <cstdint>
#include <string>

#include "util/enum_names.h"

namespace reasonwatch {

enum class AnswerKind : uint8_t {
  kUnknown,
  kBoolean,
  kNumber,
  kMath,
  kChoice,
  kText
};
inline constexpr EnumNames<AnswerKind, 6> kAnswerKindNames = {
    {"unknown", "boolean", "number", "math", "choice", "text"}};
static_assert(AllNamed(kAnswerKindNames));

// The problem that the caller says this request asks.
struct Problem {
  std::string id;
  std::string answer;  // gold; "" = none
  AnswerKind answer_kind = AnswerKind::kUnknown;
  std::string family{};  // its subject: "algebra", "rates"; "" = not said
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_PROBLEM_H_
