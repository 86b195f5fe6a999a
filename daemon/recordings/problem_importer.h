// SPDX-License-Identifier: Apache-2.0
// Imports a problem set (problem_sets.h) into the stored baseline, or only
// counts it. Unlike recorded responses, problems are learnt from by nothing:
// they are stored to be asked and to grade answers.
#ifndef REASONWATCH_DAEMON_RECORDINGS_PROBLEM_IMPORTER_H_
#define REASONWATCH_DAEMON_RECORDINGS_PROBLEM_IMPORTER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "daemon/recordings/problem_sets.h"
#include "daemon/recordings/recording_source.h"
#include "daemon/recordings/store_sink.h"
#include "features/prompt.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

// Receives the problems of an import. Not thread-safe.
class ProblemSink {
 public:
  struct Start {
    // The prefix behind which the model's problems are known.
    PrefixProfile prefix;
    // Digests of the problems that were there before.
    std::vector<uint64_t> known;
  };

  virtual ~ProblemSink() = default;
  // The first problem of a model has come.
  virtual absl::StatusOr<Start> Begin(const std::string& model) = 0;
  // The next problem of a model that has begun: one entry a regime, all with
  // the same digest. `fresh`: it is neither known nor was it added before.
  virtual absl::Status Add(std::vector<ImportedProblem> regimes,
                           bool fresh) = 0;
  virtual absl::Status Finish(const std::string& model) = 0;
};

// Counts the problems as if nothing were stored yet, and stores nothing.
class DryRunProblemSink : public ProblemSink {
 public:
  absl::StatusOr<Start> Begin(const std::string& model) override;
  absl::Status Add(std::vector<ImportedProblem> regimes, bool fresh) override;
  absl::Status Finish(const std::string& model) override;
  const BaselineCounts& counts() const { return counts_; }

 private:
  BaselineCounts counts_;
};

// Writes the problems batch by batch.
class StoredProblemSink : public ProblemSink {
 public:
  // `store` must outlive the sink. `replace`: forget each model's baseline
  // first.
  StoredProblemSink(BaselineStore& store, bool replace)
      : store_(store), replace_(replace) {}
  absl::StatusOr<Start> Begin(const std::string& model) override;
  absl::Status Add(std::vector<ImportedProblem> regimes, bool fresh) override;
  absl::Status Finish(const std::string& model) override;
  const BaselineCounts& counts() const { return counts_; }

 private:
  absl::Status Write(const std::string& model,
                     std::vector<ImportedProblem>& batch);

  BaselineStore& store_;
  const bool replace_;
  std::map<std::string, std::vector<ImportedProblem>> batches_;
  BaselineCounts counts_;
};

struct ProblemImportOptions {
  std::string path;
  BaselineFormat format =
      BaselineFormat::kExport;  // neither auto nor responses
  std::string model;            // "" = the model that each problem names
  BadLine bad_line = nullptr;   // null: bad lines are skipped silently
  OnRows on_rows = nullptr;     // null: nobody looks on
};

// Returns the models of the set, by name. InvalidArgument if a problem names no
// model or the file can't be read to its end; else the errors of the sink.
absl::StatusOr<std::vector<std::string>> ImportProblems(
    const ProblemImportOptions& options, ProblemSink& sink);

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_PROBLEM_IMPORTER_H_
