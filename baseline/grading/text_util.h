// Small string helpers of the graders.
#ifndef REASONWATCH_BASELINE_GRADING_TEXT_UTIL_H_
#define REASONWATCH_BASELINE_GRADING_TEXT_UTIL_H_

#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "core/strings.h"

namespace reasonwatch {

inline std::string_view Trim(std::string_view s) {
  return StdView(absl::StripAsciiWhitespace(AbslView(s)));
}

inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase(AbslView(a), AbslView(b));
}

}  // namespace reasonwatch

#endif  // REASONWATCH_BASELINE_GRADING_TEXT_UTIL_H_
