// SPDX-License-Identifier: Apache-2.0
// Metrics of incidents, and the gauges of streams that are written at a scrape.
//
// Not thread-safe; the owner (Telemetry) locks.
#ifndef REASONWATCH_DAEMON_TELEMETRY_INCIDENT_SECTION_H_
#define REASONWATCH_DAEMON_TELEMETRY_INCIDENT_SECTION_H_

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/incident.h"
#include "daemon/telemetry/bounded_labels.h"
#include "daemon/telemetry/catalogue.h"
#include "daemon/telemetry/families.h"
#include "daemon/telemetry/incident_info.h"
#include "daemon/telemetry/scraped_gauges.h"
#include "daemon/telemetry/watched_series.h"

namespace reasonwatch {

class IncidentSection {
 public:
  static std::vector<MetricInfo> Rows();

  // Both must outlive the section.
  IncidentSection(Families& families, WatchedSeries& watched);

  // After every event of the incident. `count`: its verdict is counted, which
  // one restored from an earlier run was already.
  void Set(const Incident& incident, bool count);
  const IncidentGauges& gauges() const { return gauges_; }
  // The gravest kMaxIncidentInfos; the rest is counted as overflow, each once.
  void SetInfos(std::vector<IncidentInfo> infos);
  const std::vector<IncidentInfo>& infos() const { return infos_; }
  void CountAction(std::string_view model, std::string_view action);

 private:
  struct Open {
    std::vector<IncidentKey> keys;
    std::set<Signal> counted;
    std::string model;  // labels; a stream over the cap has others than its own
    std::string route;
  };
  void CountVerdict(const std::string& model, Signal signal,
                    Confirmation verdict);
  std::pair<std::string, std::string> LabelsOf(const Incident& incident);

  Families& families_;
  WatchedSeries& watched_;
  IncidentGauges gauges_;
  BoundedNames<Open> open_{kMaxOpenIncidents};  // by id
  std::vector<IncidentInfo> infos_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_TELEMETRY_INCIDENT_SECTION_H_
