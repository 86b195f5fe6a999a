// SPDX-License-Identifier: Apache-2.0
// JSON of incidents, verdicts, events, streams, coverage and habits: for
// replay, the API, the page and the webhook.
//
// Pure, thread-safe; never throws. Numbers that are not finite and times that
// are not known become null; bytes that are not UTF-8 become U+FFFD. Times are
// RFC 3339 in UTC.
#ifndef REASONWATCH_DAEMON_API_INCIDENT_JSON_H_
#define REASONWATCH_DAEMON_API_INCIDENT_JSON_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/coverage.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/snapshot.h"
#include "core/verdict.h"

namespace reasonwatch {

// One line of `replay --findings`, without the line feed.
std::string FindingLine(const IncidentEvent& event);

// `events` becomes "timeline": the changes of its model around that time.
std::string IncidentJson(const Incident& incident,
                         const std::vector<ModelEvent>& events = {});
std::string VerdictJson(const Verdict& verdict);
// {"incidents": [...]}
std::string IncidentsJson(const std::vector<Incident>& incidents);

// The time whose events may explain an incident: from a day before it began to
// an hour after it closed.
struct TimeSpan {
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();
};
TimeSpan TimelineOf(const Incident& incident);

// {"model", "version", "expected", "note"}: an event of kind "deployment" at
// `now`. InvalidArgument says which key is wrong.
absl::StatusOr<ModelEvent> ParseDeployment(std::string_view body,
                                           absl::Time now);
std::string EventJson(const ModelEvent& event);

std::string StreamJson(const StreamSnapshot& stream);
// {"streams": [...]}
std::string StreamsJson(const std::vector<StreamSnapshot>& streams);

// {"coverage": [...]}
std::string CoverageJson(const std::vector<CoverageSnapshot>& targets);

// A phrase that lines of the model's reasoning begin with.
struct HabitPhrase {
  std::string phrase;
  double rate = 0;  // of the baseline's chains that have such a line
};
// By model, in the order of their channels.
using HabitPhrases = std::map<std::string, std::vector<HabitPhrase>>;
// {"models": [{"model": ..., "habits": [{"phrase": ..., "rate": ...}]}]}
std::string HabitsJson(const HabitPhrases& habits);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_API_INCIDENT_JSON_H_
