// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/log_events.h"

#include <string>

#include "absl/strings/str_format.h"
#include "daemon/app/log.h"

namespace reasonwatch {

void LogIncident(const IncidentEvent& event) {
  const Finding& f = event.finding;
  LogFields fields = {
      {"incident", event.incident.id},
      {"model", event.incident.model},
      {"route", event.incident.route},
      {"signal", std::string(SignalName(event.signal))},
      {"scope", std::string(ScopeName(event.incident.scope))},
      {"severity", std::string(SeverityName(event.incident.severity))},
      {"response", f.response_id},
      {"statistic", absl::StrFormat("%.4g", f.statistic)},
      {"threshold", absl::StrFormat("%.4g", f.threshold)}};
  if (!event.incident.causes.empty())
    fields.emplace_back("cause", event.incident.causes.front().cause);
  const std::string name =
      "incident_" + std::string(IncidentEventName(event.kind));
  if (event.kind == IncidentEvent::Kind::kOpened) {
    LogWarning(name, fields);
  } else {
    LogInfo(name, fields);
  }
}

void LogVerdict(const Verdict& v) {
  LogFields fields = {
      {"verdict", std::string(VerdictName(v.kind))},
      {"model", v.model},
      {"samples", std::to_string(v.samples)},
      {"bayes_factor", absl::StrFormat("%.4g", v.bayes_factor)}};
  if (!v.incident.empty()) fields.emplace_back("incident", v.incident);
  if (v.problem != 0)
    fields.emplace_back("problem", absl::StrFormat("%016x", v.problem));
  if (!v.reason.empty()) fields.emplace_back("reason", v.reason);
  for (const Difference& d : v.differences)
    if (!d.cause.empty()) fields.emplace_back("carried_by", d.name);
  for (const Difference& d : v.differences)
    if (!d.untried.empty())
      fields.emplace_back("not_tried",
                          absl::StrFormat("%s: %s", d.name, d.untried));
  if (v.kind == VerdictKind::kConfirmed) {
    LogWarning("rescore_verdict", fields);
  } else {
    LogInfo("rescore_verdict", fields);
  }
}

void LogTapNotice(std::string_view source, std::string_view notice) {
  LogWarning("tap_notice", {{"source", std::string(source)},
                            {"notice", std::string(notice)}});
}

void LogStoreHealth(const StoreHealth& health) {
  if (health.problem.empty())
    LogInfo("storage_saves");
  else
    LogError("storage_problem", {{"error", health.problem}});
}

void LogGraderFailure(const absl::Status& why) {
  LogWarning("grader_failed", {{"error", std::string(why.message())}});
}

}  // namespace reasonwatch
