// SPDX-License-Identifier: Apache-2.0
// Problems, their trials and words, and events as rows.
//
// Writers hold prepared statements and write inside the caller's transaction.
#ifndef REASONWATCH_STORAGE_BASELINE_TABLE_H_
#define REASONWATCH_STORAGE_BASELINE_TABLE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/baseline_problem.h"
#include "core/model_event.h"
#include "storage/sqlite.h"

namespace reasonwatch {

// InvalidArgument if an enumeration has no name.
absl::Status CheckProblem(const BaselineProblem& problem);

class ProblemWriter {
 public:
  static absl::StatusOr<ProblemWriter> Prepare(Connection& connection);

  absl::Status Replace(const BaselineProblem& problem);
  // Adds the trials to those that are there. Id, kind, gold and answer kind
  // are replaced if the new problem has a gold answer.
  absl::Status Add(const BaselineProblem& problem);

 private:
  ProblemWriter(Statement replace, Statement add)
      : replace_(std::move(replace)), add_(std::move(add)) {}
  Statement replace_;
  Statement add_;
};

class EventWriter {
 public:
  static absl::StatusOr<EventWriter> Prepare(Connection& connection);

  // Returns its id. `pending`: the daemon is to act on it.
  absl::StatusOr<int64_t> Add(const ModelEvent& event, bool pending);
  // Removes events of before `time`, and the oldest beyond `keep`; returns how
  // many.
  absl::StatusOr<int64_t> RemoveOld(absl::Time time, int64_t keep);

 private:
  EventWriter(Connection& connection, Statement add, Statement expire)
      : connection_(&connection),
        add_(std::move(add)),
        expire_(std::move(expire)) {}
  Connection* connection_;
  Statement add_;
  Statement expire_;
};

// The problems of a model, or of all if it is empty; by model and digest.
absl::StatusOr<std::vector<BaselineProblem>> ReadProblems(
    Connection& connection, std::string_view model);
// Expected answers in the order of `problems`; "" where there is none.
absl::StatusOr<std::vector<std::string>> ReadGold(
    Connection& connection, std::string_view model,
    const std::vector<uint64_t>& problems);
absl::StatusOr<ProblemText> ReadProblemText(Connection& connection,
                                            std::string_view model,
                                            uint64_t digest);
absl::StatusOr<std::vector<ModelEvent>> ReadEvents(Connection& connection,
                                                   std::string_view model,
                                                   absl::Time from,
                                                   absl::Time to, int limit);
// Events that the daemon has not acted on yet, oldest first.
absl::StatusOr<std::vector<ModelEvent>> ReadPendingEvents(
    Connection& connection);

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_BASELINE_TABLE_H_
