// SPDX-License-Identifier: Apache-2.0
// One write that waits for the writer thread, and the statements that do it.
#ifndef REASONWATCH_STORAGE_RECORD_H_
#define REASONWATCH_STORAGE_RECORD_H_

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/baseline_problem.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/rescore_job.h"
#include "core/state_blob.h"
#include "storage/baseline_table.h"
#include "storage/incident_table.h"
#include "storage/rescore_table.h"
#include "storage/sqlite.h"
#include "storage/state_table.h"

namespace reasonwatch {

struct Fact {
  std::string name;
  std::string value;
};

struct StoredStory {
  std::string incident;
  std::string json;
};

struct ForgottenModel {
  std::string model;
};

using RecordValue =
    std::variant<std::vector<StateBlob>, Incident, std::vector<BaselineProblem>,
                 Fact, ModelEvent, RescoreJob, StoredStory, ForgottenModel>;

struct Record {
  Record(RecordValue what, absl::Time now);

  RecordValue value;
  int64_t bytes;  // about the memory that the value holds
  absl::Time time;
};

// Rows that the record writes, for the count of writes.
int64_t RowsOf(const Record& record);

// A power cut may lose the latest checkpoint, fact or story, because the next
// one replaces it, but never an incident, a problem, an event or a re-run.
bool MustSurvivePowerCut(const Record& record);

// The prepared statements of the writer thread. Every call is inside the
// caller's transaction.
class RecordWriter {
 public:
  static absl::StatusOr<RecordWriter> Prepare(Connection& connection);

  absl::Status Write(const Record& record);

  // For housekeeping, which deletes through the same statements.
  IncidentWriter& incidents() { return incidents_; }
  EventWriter& events() { return events_; }
  RescoreWriter& rescores() { return rescores_; }
  StateWriter& states() { return state_; }

 private:
  RecordWriter(Connection& connection, IncidentWriter incidents,
               ProblemWriter problems, EventWriter events,
               RescoreWriter rescores, StateWriter state)
      : connection_(&connection),
        incidents_(std::move(incidents)),
        problems_(std::move(problems)),
        events_(std::move(events)),
        rescores_(std::move(rescores)),
        state_(std::move(state)) {}

  absl::Status WriteValue(const std::vector<StateBlob>& blobs, absl::Time time);
  absl::Status WriteValue(const Incident& incident, absl::Time time);
  absl::Status WriteValue(const std::vector<BaselineProblem>& problems,
                          absl::Time time);
  absl::Status WriteValue(const Fact& fact, absl::Time time);
  absl::Status WriteValue(const ModelEvent& event, absl::Time time);
  absl::Status WriteValue(const RescoreJob& job, absl::Time time);
  absl::Status WriteValue(const StoredStory& story, absl::Time time);
  absl::Status WriteValue(const ForgottenModel& forgotten, absl::Time time);

  Connection* connection_;
  IncidentWriter incidents_;
  ProblemWriter problems_;
  EventWriter events_;
  RescoreWriter rescores_;
  StateWriter state_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_RECORD_H_
