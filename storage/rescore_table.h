// SPDX-License-Identifier: Apache-2.0
// Re-score jobs, their samples, and the verdicts of incidents as rows.
#ifndef REASONWATCH_STORAGE_RESCORE_TABLE_H_
#define REASONWATCH_STORAGE_RESCORE_TABLE_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/rescore_job.h"
#include "core/verdict.h"
#include "storage/sqlite.h"

namespace reasonwatch {

// Writes through prepared statements, inside the caller's transaction.
class RescoreWriter {
 public:
  static absl::StatusOr<RescoreWriter> Prepare(Connection& connection);

  // Replaces the job of this id and its samples.
  absl::Status Write(const RescoreJob& job);
  // Writes the verdict of an incident whose own row is written already.
  absl::Status WriteVerdict(std::string_view incident, const Verdict& verdict);
  // Removes jobs that were finished before `time`, at most `limit`, the oldest
  // first; returns how many.
  absl::StatusOr<int64_t> RemoveFinishedBefore(absl::Time time, int limit);

 private:
  struct Statements {
    Statement remove;
    Statement job;
    Statement sample;
    Statement verdict;
    Statement difference;
    Statement expire;
  };
  RescoreWriter(Connection& connection, Statements statements)
      : connection_(&connection), statements_(std::move(statements)) {}

  Connection* connection_;
  Statements statements_;
};

// As Store::LoadRescoreJobs. DataLoss if a row can't be understood.
absl::StatusOr<std::vector<RescoreJob>> ReadRescoreJobs(Connection& connection,
                                                        absl::Time since);
// nullopt: the incident has none.
absl::StatusOr<std::optional<Verdict>> ReadVerdict(Connection& connection,
                                                   std::string_view incident,
                                                   std::string_view model);

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_RESCORE_TABLE_H_
