// SPDX-License-Identifier: Apache-2.0
// The grouping of findings into incidents.
//
// A finding within 200 responses or 10 minutes of an open incident's last joins
// it. A signal that comes back within 24 h of its incident's close reopens it
// under its id, unless the operator accepted the change. Arithmetic only; time
// comes in with the findings.
//
// Not thread-safe; one owner. At most 256 incidents; the oldest are forgotten.
#ifndef REASONWATCH_INCIDENTS_GROUPING_H_
#define REASONWATCH_INCIDENTS_GROUPING_H_

#include <cstdint>
#include <vector>

#include "absl/time/time.h"
#include "core/finding.h"
#include "core/incident.h"

namespace reasonwatch {

// Incident::close_reason of a change that the operator wants.
inline constexpr char kAccepted[] = "accepted";
// Incident::close_reason of one whose loss was not there when the model was
// asked again, and whose evidence has not grown since.
inline constexpr char kEndedUnreproduced[] = "not_reproduced";

struct IncidentEntry {
  Incident incident;
  int64_t last_responses = 0;  // of the model, at the last finding
  absl::Time last_finding = absl::InfinitePast();
};

class IncidentGroups {
 public:
  // The incident of a finding, which may be opened or reopened for it, with
  // confirmation `fresh`. `may_open`: the signal alerts. nullptr: a close of
  // a signal that is not open, or a signal that may not open anything.
  IncidentEntry* EntryFor(const Finding& finding, int64_t responses,
                          Confirmation fresh, bool may_open);
  // An empty one. References to others are void.
  IncidentEntry& Add(absl::Time now);
  // Incidents of an earlier run, the oldest first.
  void Restore(std::vector<IncidentEntry> entries);

  std::vector<IncidentEntry>& entries() { return entries_; }
  const std::vector<IncidentEntry>& entries() const { return entries_; }

 private:
  IncidentEntry* FindOpen(const Finding& f);
  // Whether an incident of the signal has ended as kEndedUnreproduced. The
  // detectors still hold the signal open then.
  bool HasEnded(const Finding& f) const;
  IncidentEntry* FindRecent(const Finding& f, int64_t responses);
  IncidentEntry* Reopen(const Finding& f, Confirmation fresh);

  // Open ones and those closed under 24 h ago, the oldest first.
  std::vector<IncidentEntry> entries_;
};

// The same signal at the same level.
bool IsSameSignal(const IncidentSignal& signal, const Finding& finding);
// Whether any level has the signal open.
bool HasOpen(const Incident& incident, Signal signal);
bool HasOpen(const Incident& incident);

// Sets the widest scope among the open signals; a replica's only if nothing
// wider shows it.
void SetWidestScope(Incident& incident);

}  // namespace reasonwatch

#endif  // REASONWATCH_INCIDENTS_GROUPING_H_
