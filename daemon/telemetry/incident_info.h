// SPDX-License-Identifier: Apache-2.0
// An open incident for the texts of alerts.
#ifndef REASONWATCH_DAEMON_TELEMETRY_INCIDENT_INFO_H_
#define REASONWATCH_DAEMON_TELEMETRY_INCIDENT_INFO_H_

#include <cstdint>
#include <string>

#include "core/incident.h"

namespace reasonwatch {

struct IncidentInfo {
  Incident incident;
  std::string sentence;
  std::string url;       // of its page
  int64_t affected = 0;  // responses since the onset, of `seen`; 0 of 0 = not
  int64_t seen = 0;      // known
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_INCIDENT_INFO_H_
