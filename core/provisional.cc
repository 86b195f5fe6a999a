// SPDX-License-Identifier: Apache-2.0
#include "core/provisional.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "util/grouped.h"

namespace reasonwatch {
namespace {

// Rounded up, in the largest unit that leaves two at least.
std::string RoundedUp(absl::Duration d) {
  const auto units = [&](absl::Duration unit) {
    return static_cast<int64_t>(std::ceil(absl::FDivDuration(d, unit) - 1e-9));
  };
  if (d > absl::Hours(48)) return absl::StrCat(units(absl::Hours(24)), " days");
  if (d > absl::Hours(2)) return absl::StrCat(units(absl::Hours(1)), " h");
  return absl::StrCat(std::max<int64_t>(units(absl::Minutes(1)), 1), " min");
}

bool IsYoung(const StreamSnapshot& s) {
  return s.state == StreamState::kLearning ||
         s.state == StreamState::kProvisional;
}

}  // namespace

std::optional<absl::Duration> TimeToLeave(const StreamSnapshot& s) {
  const int64_t missing =
      std::max<int64_t>(s.reference_needed - s.reference_responses, 0);
  if (missing == 0) return s.reference_time_left;
  if (!(s.responses_per_hour > 0)) return std::nullopt;
  const absl::Duration responses =
      absl::Hours(static_cast<double>(missing) / s.responses_per_hour);
  return std::max(responses, s.reference_time_left);
}

std::string HowToLeave(const StreamSnapshot& s) {
  if (!IsYoung(s) || s.reference_needed == 0) return "";
  std::string text = s.state == StreamState::kLearning ? "not watched yet"
                     : s.pages_on_gross ? "warnings only, but for gross effects"
                                        : "warnings only";
  absl::StrAppend(&text, ": ", Grouped(s.reference_responses), " of ",
                  Grouped(s.reference_needed), " responses");
  if (s.reference_time_left > absl::ZeroDuration())
    absl::StrAppend(&text, " and ", RoundedUp(s.reference_time_left),
                    " of traffic to go");
  absl::StrAppend(&text, s.reference_imported ? "; import a larger baseline"
                                              : "; import a baseline");
  const auto time = TimeToLeave(s);
  if (time.has_value())
    absl::StrAppend(&text, " or wait about ", RoundedUp(*time));
  else
    absl::StrAppend(&text, " or send more traffic");
  return text;
}

}  // namespace reasonwatch
