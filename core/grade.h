// SPDX-License-Identifier: Apache-2.0
// Whether an answer is right.
#ifndef REASONWATCH_CORE_GRADE_H_
#define REASONWATCH_CORE_GRADE_H_

#include <cstdint>
#include <string_view>

#include "util/enum_names.h"

namespace reasonwatch {

// kUngradable: the answer can't be read, or may be read in two ways. kNoAnswer:
// there is none. kRefused: the model declined. None of the three is right or
// wrong.
enum class Grade : uint8_t {
  kNotGraded,
  kCorrect,
  kIncorrect,
  kUngradable,
  kNoAnswer,
  kRefused
};
inline constexpr EnumNames<Grade, 6> kGradeNames = {{"not_graded", "correct",
                                                     "incorrect", "ungradable",
                                                     "no_answer", "refused"}};
static_assert(AllNamed(kGradeNames));
inline std::string_view GradeName(Grade grade) {
  return NameOf(kGradeNames, grade);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_GRADE_H_
