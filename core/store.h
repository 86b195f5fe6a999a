// SPDX-License-Identifier: Apache-2.0
// The port to everything that survives a restart.
#ifndef REASONWATCH_CORE_STORE_H_
#define REASONWATCH_CORE_STORE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/baseline_problem.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/rescore_job.h"
#include "core/state_blob.h"

namespace reasonwatch {

// Survives a restart. All writes are asynchronous: they are queued in
// memory (bounded) for a writer thread and return at once; a full queue drops
// the write, counts it and returns ResourceExhausted. Reads are synchronous
// and only used at start and by commands. Thread-safe.
class Store {
 public:
  virtual ~Store() = default;

  // Replaces the blobs of one checkpoint, all or none of them.
  virtual absl::Status PutState(std::vector<StateBlob> blobs) = 0;
  virtual absl::StatusOr<std::vector<StateBlob>> LoadState() = 0;

  // Incidents with the state that they came of, so that a crash leaves both or
  // neither: an incident without its evidence would never close.
  virtual absl::Status PutIncidents(const std::vector<Incident>& incidents,
                                    std::vector<StateBlob> state) = 0;
  // Newest first. limit <= 0: all.
  virtual absl::StatusOr<std::vector<Incident>> LoadIncidents(bool open_only,
                                                              int limit) = 0;
  virtual absl::StatusOr<Incident> LoadIncident(std::string_view id) = 0;

  // The incident's story as JSON, replacing an older one; it goes with its
  // incident.
  virtual absl::Status PutStory(std::string_view incident,
                                std::string_view json) = 0;
  // NotFound if none was stored.
  virtual absl::StatusOr<std::string> LoadStory(std::string_view incident) = 0;

  virtual absl::Status PutProblems(std::vector<BaselineProblem> problems) = 0;
  virtual absl::Status PutEvent(const ModelEvent& event) = 0;
  // The events of a model (empty: all) in [from, to], the latest `limit`,
  // oldest first.
  virtual absl::StatusOr<std::vector<ModelEvent>> LoadEvents(
      std::string_view model, absl::Time from, absl::Time to, int limit) = 0;
  // Replaces the job of this id and adds its samples. Survives a power cut.
  virtual absl::Status PutRescoreJob(const RescoreJob& job) = 0;
  // Jobs not finished and those finished at `since` or later, oldest first,
  // with their samples.
  virtual absl::StatusOr<std::vector<RescoreJob>> LoadRescoreJobs(
      absl::Time since) = 0;

  // Expected answers of these problems of the model, "" where there is none.
  virtual absl::StatusOr<std::vector<std::string>> LoadGold(
      std::string_view model, const std::vector<uint64_t>& problems) = 0;

  // Removes the state, the incidents with their stories, the events, the
  // problems and the re-runs of the model.
  virtual absl::Status ForgetModel(std::string_view model) = 0;

  // Small facts by name, e.g. "checkpoint_time_ns".
  virtual absl::Status PutFact(std::string_view name,
                               std::string_view value) = 0;
  virtual absl::StatusOr<std::string> LoadFact(std::string_view name) = 0;

  // Waits until everything queued so far is on disk.
  virtual absl::Status Flush(absl::Duration deadline) = 0;
};

struct StoreStatistics {
  int64_t writes = 0;           // blobs, incidents, problems written
  int64_t errors = 0;           // failed transactions
  int64_t dropped = 0;          // writes that met a full queue
  int64_t queued = 0;           // waiting now
  int64_t database_bytes = 0;   // file and write-ahead log
  int64_t expired_records = 0;  // removed by retention or the disk cap
};

}  // namespace reasonwatch

#endif  // REASONWATCH_CORE_STORE_H_
