// SPDX-License-Identifier: Apache-2.0
// One model's stored baseline while recorded responses are added to it.
//
// A response is known by a digest of its row, so that importing the same file
// again adds nothing. Not thread-safe.
#ifndef REASONWATCH_DAEMON_RECORDINGS_BASELINE_DRAFT_H_
#define REASONWATCH_DAEMON_RECORDINGS_BASELINE_DRAFT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "core/response.h"
#include "detectors/watch_options.h"
#include "incidents/options.h"
#include "storage/baseline_store.h"

namespace reasonwatch {

class ModelPipeline;
struct Scored;

// Counts of an import into a stored baseline, all models together.
struct BaselineCounts {
  int64_t problems = 0;  // read
  int64_t fresh = 0;     // not in the baseline before
  int64_t changed = 0;   // with another answer than before
  int64_t learnt = 0;    // responses that were not part of the baseline before
  int64_t agreed = 0;    // problems without labels that are asked repeatedly
};

class BaselineDraft {
 public:
  BaselineDraft(const std::string& model, const WatchOptions& watch,
                const IncidentOptions& incidents);
  ~BaselineDraft();

  // The rows that the baseline was made of so far. Before Observe().
  void SetKnownRows(const std::vector<uint64_t>& rows);
  // Counts the response's problem and, if its row is new and readable, learns
  // it.
  void Observe(const Response& response, Scored scored);
  // No more responses follow. Returns the problems of the recording: one a
  // problem and regime, with its new trials; then the agreed ones.
  std::vector<ImportedProblem> DrainProblems();

  ModelPipeline& pipeline() { return *pipeline_; }
  const std::vector<uint64_t>& new_rows() const { return new_rows_; }
  // Without `fresh` and `changed`, which only the store knows.
  const BaselineCounts& counts() const { return counts_; }

 private:
  // Digest of the problem, and the five fields of the regime under which it was
  // asked (CountTrial()).
  using Key = std::tuple<uint64_t, std::string, std::string, std::string,
                         std::string, std::string>;

  void CountTrial(const Response& response, const Scored& scored, bool fresh);

  const std::unique_ptr<ModelPipeline> pipeline_;
  absl::flat_hash_set<uint64_t> known_rows_;
  absl::flat_hash_map<uint64_t, int32_t> repeats_;  // of a row in this file
  std::vector<uint64_t> new_rows_;
  std::map<Key, ImportedProblem> problems_;
  absl::flat_hash_set<uint64_t> digests_;
  BaselineCounts counts_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_RECORDINGS_BASELINE_DRAFT_H_
