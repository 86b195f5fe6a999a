// SPDX-License-Identifier: Apache-2.0
// The problems of the stored baseline.
#ifndef REASONWATCH_CORE_BASELINE_PROBLEM_H_
#define REASONWATCH_CORE_BASELINE_PROBLEM_H_

#include <cstdint>
#include <string>

#include "core/problem.h"
#include "util/enum_names.h"

namespace reasonwatch {

// The source that decides whether an answer to a problem of the baseline is
// right.
enum class ProblemKind : uint8_t {
  kGold,   // the expected answer, or the caller's verdict
  kAgreed  // the model's own usual answer; nobody said it is right
};
inline constexpr EnumNames<ProblemKind, 2> kProblemKindNames = {
    {"gold", "agreed"}};
static_assert(AllNamed(kProblemKindNames));

// A solved or failed problem of the baseline, without its text.
struct BaselineProblem {
  std::string model;
  // Hash of the normalised prompt, or of the id; keyed for kAgreed.
  uint64_t digest = 0;
  std::string id;  // the caller's name for it
  AnswerKind answer_kind = AnswerKind::kUnknown;
  std::string gold;  // expected answer, "" = the caller's verdict decides
  int32_t trials = 0;
  int32_t failures = 0;
  ProblemKind kind = ProblemKind::kGold;
  std::string family{};  // "algebra", "rates"; "" = nobody named one
};

// The words of an imported problem, to ask it again. Problems that were learnt
// from live traffic have none.
struct ProblemText {
  std::string prompt;         // or
  std::string messages_json;  // OpenAI chat form
  std::string system_prompt;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_BASELINE_PROBLEM_H_
