// SPDX-License-Identifier: Apache-2.0
// Imports recorded responses into the stored baseline, or only counts them.
#ifndef REASONWATCH_DAEMON_RECORDINGS_STORE_SINK_H_
#define REASONWATCH_DAEMON_RECORDINGS_STORE_SINK_H_

#include <map>
#include <memory>
#include <string>

#include "daemon/pipeline/baseline_sink.h"
#include "daemon/recordings/baseline_draft.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

// Problems that a transaction writes: short ones, because the daemon writes to
// the same database, and each waits for the other's.
inline constexpr size_t kProblemBatch = 1000;

// Counts an import as if nothing were stored yet, and stores nothing.
class DryRunSink : public BaselineSink {
 public:
  DryRunSink(const WatchOptions& watch, const IncidentOptions& incidents);

  absl::StatusOr<Start> Begin(const std::string& model,
                              const std::string& prefix) override;
  void SetHabits(const std::string& model,
                 std::shared_ptr<const HabitProfile> habits) override;
  void Observe(const Response& response, Scored scored) override;
  absl::Status Finish(const std::string& model) override;

  // The counts of the finished models.
  const BaselineCounts& counts() const { return counts_; }

 private:
  const WatchOptions watch_;
  const IncidentOptions incidents_;
  std::map<std::string, BaselineDraft> drafts_;
  BaselineCounts counts_;
};

// Adds the recording to the stored baselines of its models. A model whose
// import fails is left as it was, unless `replace` had removed it.
class StoreSink : public BaselineSink {
 public:
  // `store` must outlive the sink. `replace`: forget each model's baseline
  // first.
  StoreSink(const WatchOptions& watch, const IncidentOptions& incidents,
            BaselineStore& store, bool replace);

  // FailedPrecondition if the stored reference can't be read; else the errors
  // of the store.
  absl::StatusOr<Start> Begin(const std::string& model,
                              const std::string& prefix) override;
  void SetHabits(const std::string& model,
                 std::shared_ptr<const HabitProfile> habits) override;
  void Observe(const Response& response, Scored scored) override;
  absl::Status Finish(const std::string& model) override;

  // The counts of the finished models.
  const BaselineCounts& counts() const { return counts_; }

 private:
  struct Model {
    Model(const std::string& name, const WatchOptions& watch,
          const IncidentOptions& incidents)
        : draft(name, watch, incidents) {}
    BaselineDraft draft;
    std::string prefix;
  };

  // Adds the stored problems that have an expected answer.
  absl::Status AddStored(const std::string& model, const std::string& prefix,
                         ProblemIndex& problems);
  absl::Status RestoreGolden(const std::string& model, BaselineDraft& draft);

  const WatchOptions watch_;
  const IncidentOptions incidents_;
  BaselineStore& store_;
  const bool replace_;
  std::map<std::string, Model> models_;
  BaselineCounts counts_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_STORE_SINK_H_
