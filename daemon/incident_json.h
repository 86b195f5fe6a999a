// Incidents and streams as JSON, for replay, the API and the page.
//
// Pure, thread-safe; never throws. Numbers that are not finite and times that
// are not known become null; bytes that are not UTF-8 become U+FFFD. Times are
// RFC 3339 in UTC.
#ifndef REASONWATCH_DAEMON_INCIDENT_JSON_H_
#define REASONWATCH_DAEMON_INCIDENT_JSON_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "core/incident.h"
#include "core/ports.h"
#include "core/snapshot.h"
#include "features/habits/habits.h"

namespace reasonwatch {

// One line of `replay --findings`, without the line feed.
std::string FindingLine(const IncidentEvent& event);

// `events`: what happened to its model around it, as "timeline".
std::string IncidentJson(const Incident& incident,
                         const std::vector<ModelEvent>& events = {});
std::string VerdictJson(const Verdict& verdict);
// {"incidents": [...]}
std::string IncidentsJson(const std::vector<Incident>& incidents);

// The part of a model's events that tells of an incident: from a day before it
// began to an hour after it closed.
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

// {"models": [{"model": ..., "habits": [{"phrase": ..., "rate": ...}]}]}, a
// model's habits in the order of their channels.
std::string HabitsJson(
    const std::map<std::string, std::shared_ptr<const HabitProfile>>& habits);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_INCIDENT_JSON_H_
