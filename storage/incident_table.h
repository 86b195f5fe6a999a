// SPDX-License-Identifier: Apache-2.0
// Incidents as rows of the incident_* tables.
#ifndef REASONWATCH_STORAGE_INCIDENT_TABLE_H_
#define REASONWATCH_STORAGE_INCIDENT_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "storage/rescore_table.h"
#include "storage/sqlite.h"

namespace reasonwatch {

// Writes through prepared statements, inside the caller's transaction.
class IncidentWriter {
 public:
  static absl::StatusOr<IncidentWriter> Prepare(Connection& connection);

  // Replaces the incident of this id.
  absl::Status Write(const Incident& incident);
  // Replaces the story of this incident.
  absl::Status WriteStory(std::string_view incident, std::string_view json);
  // Removes the oldest incidents that were closed before `time`, at most
  // `limit`, and the stories of incidents that are gone; returns how many
  // incidents.
  absl::StatusOr<int64_t> RemoveClosedBefore(absl::Time time, int limit);

 private:
  struct Statements {
    Statement remove;
    Statement incident;
    Statement signal;
    Statement channel;
    Statement stratum;
    Statement family;
    Statement problem;
    Statement hint;
    Statement cause;
    Statement expire;
    Statement story;
    Statement expire_stories;
  };
  IncidentWriter(Connection& connection, Statements statements)
      : connection_(&connection), statements_(std::move(statements)) {}
  absl::Status WriteSignal(const Incident& incident, int position);

  Connection* connection_;
  Statements statements_;
};

// Newest first. limit <= 0: all. DataLoss if a row can't be understood.
absl::StatusOr<std::vector<Incident>> ReadIncidents(Connection& connection,
                                                    bool open_only, int limit);
absl::StatusOr<std::string> ReadStory(Connection& connection,
                                      std::string_view incident);
// NotFound if there is none of this id.
absl::StatusOr<Incident> ReadIncident(Connection& connection,
                                      std::string_view id);

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_INCIDENT_TABLE_H_
