// SPDX-License-Identifier: Apache-2.0
// An incident: findings of one model, grouped and graded for an operator.
#ifndef REASONWATCH_CORE_INCIDENT_H_
#define REASONWATCH_CORE_INCIDENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "core/finding.h"
#include "core/verdict.h"
#include "util/enum_names.h"

namespace reasonwatch {

struct IncidentSignal {
  Signal signal = Signal::kLengthCollapse;
  Finding finding;  // the latest of this signal
  bool open = true;
};

struct Incident {
  std::string id;  // "inc-" + 12 hex digits, stable across reopening
  std::string model;
  std::string route;
  std::string replica;
  Scope scope = Scope::kRoute;
  Severity severity = Severity::kWarning;
  Confirmation confirmation = Confirmation::kPending;
  absl::Time opened = absl::InfinitePast();
  absl::Time updated = absl::InfinitePast();
  absl::Time closed = absl::InfiniteFuture();
  // "recovered", "no_data", "accepted", "not_reproduced"
  std::string close_reason;
  std::string onset_id;
  absl::Time onset_time = absl::InfinitePast();
  std::vector<IncidentSignal> signals;
  std::vector<Cause> causes;       // ranked, the likeliest first
  std::optional<Verdict> verdict;  // of asking the model again
  // Echo: Verdict::sequence of the latest verdict that has reached it, applied
  // or not; 0 = none in this run. Not kept.
  uint64_t verdict_sequence = 0;
  bool open() const { return closed == absl::InfiniteFuture(); }
};

// A change of an incident, in the form that `replay` writes.
struct IncidentEvent {
  enum class Kind : uint8_t { kOpened, kUpdated, kClosed, kOpenAtEnd };
  Kind kind = Kind::kOpened;
  Signal signal = Signal::kLengthCollapse;
  Finding finding;
  Incident incident;  // as it is after the event
};
inline constexpr EnumNames<IncidentEvent::Kind, 4> kIncidentEventNames = {
    {"opened", "updated", "closed", "open_at_end"}};
static_assert(AllNamed(kIncidentEventNames));
inline std::string_view IncidentEventName(IncidentEvent::Kind kind) {
  return NameOf(kIncidentEventNames, kind);
}

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_INCIDENT_H_
