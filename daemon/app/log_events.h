// SPDX-License-Identifier: Apache-2.0
// Log lines for the events of the other rooms.
#ifndef REASONWATCH_DAEMON_APP_LOG_EVENTS_H_
#define REASONWATCH_DAEMON_APP_LOG_EVENTS_H_

#include <string_view>

#include "absl/status/status.h"
#include "core/incident.h"
#include "core/store_health.h"
#include "core/verdict.h"

namespace reasonwatch {

// event=incident_opened, incident_updated, ...: a warning if it has opened.
void LogIncident(const IncidentEvent& event);
// event=rescore_verdict: a warning if it confirms a loss.
void LogVerdict(const Verdict& verdict);
// event=tap_notice: a mistake in the set-up of what feeds a tap.
void LogTapNotice(std::string_view source, std::string_view notice);
// event=storage_problem, an error, while nothing is saved; event=storage_saves
// when it is over.
void LogStoreHealth(const StoreHealth& health);
// event=grader_failed: the operator's grader crashed, hung or spoke nonsense.
void LogGraderFailure(const absl::Status& why);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_APP_LOG_EVENTS_H_
