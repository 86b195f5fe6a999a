// Incidents and streams as JSON, for replay, the API and the page.
//
// Pure; never throws. Numbers that are not finite and times that are not
// known become null; bytes that are not UTF-8 become U+FFFD. Times are
// RFC 3339 in UTC.
#ifndef REASONWATCH_DAEMON_INCIDENT_JSON_H_
#define REASONWATCH_DAEMON_INCIDENT_JSON_H_

#include <string>
#include <vector>

#include "core/incident.h"
#include "core/snapshot.h"

namespace reasonwatch {

// One line of `replay --findings`, without the line feed.
std::string FindingLine(const IncidentEvent& event);

std::string IncidentJson(const Incident& incident);
std::string VerdictJson(const Verdict& verdict);
// {"incidents": [...]}
std::string IncidentsJson(const std::vector<Incident>& incidents);

std::string StreamJson(const StreamSnapshot& stream);
// {"streams": [...]}
std::string StreamsJson(const std::vector<StreamSnapshot>& streams);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_INCIDENT_JSON_H_
