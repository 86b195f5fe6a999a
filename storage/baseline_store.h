// SPDX-License-Identifier: Apache-2.0
// The stored baseline as commands and a reload handle it: through a connection
// of its own, so that it works beside a running daemon on the same database.
//
// Not thread-safe. Each writing call is one transaction, which waits up to 5 s
// for the daemon's (Unavailable after that). Reads see committed writes.
#ifndef REASONWATCH_STORAGE_BASELINE_STORE_H_
#define REASONWATCH_STORAGE_BASELINE_STORE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/baseline_problem.h"
#include "core/model_event.h"
#include "core/regime.h"
#include "core/state_blob.h"

namespace reasonwatch {

// The server that answered, and how it was sampled.
struct TrialRegime {
  Regime regime;
  std::string sampling;  // "temperature=0.6 top_p=0.95", "" = not stated
  bool operator==(const TrialRegime&) const = default;
};

struct RegimeTrials {
  TrialRegime regime;
  uint64_t digest = 0;
  int32_t trials = 0;
  int32_t failures = 0;
};

// A problem with its text and trials, as an import knows it.
struct ImportedProblem {
  BaselineProblem problem;  // trials and failures are added to the stored ones
  ProblemText text;
  TrialRegime regime;  // of those trials
};

// The state of a model's baseline.
struct BaselineInfo {
  std::string model;
  std::string prefix;              // that the prompts share; "" = none
  int64_t revision = 0;            // rises with every change
  int64_t reference_revision = 0;  // with every change of the reference
  int64_t responses = 0;           // that the golden reference was made of
  int64_t problems = 0;
  int64_t agreed = 0;  // of the problems
  absl::Time updated = absl::InfinitePast();
  absl::Time frozen = absl::InfinitePast();  // InfinitePast: it is not
  bool has_reference = false;
};

struct BaselineStoreOptions {
  std::string folder;
  // Another database than the folder's: the path() of an open store.
  std::string database = {};
  // NotFound if there is no database; every write fails.
  bool read_only = false;
  int64_t max_bytes = int64_t{1} << 30;  // as SqliteStoreOptions
};

class BaselineStore {
 public:
  virtual ~BaselineStore() = default;

  // By model.
  virtual absl::StatusOr<std::vector<BaselineInfo>> Baselines() = 0;
  virtual absl::StatusOr<std::vector<BaselineProblem>> Problems(
      std::string_view model) = 0;
  virtual absl::StatusOr<std::vector<RegimeTrials>> Trials(
      std::string_view model) = 0;
  virtual absl::StatusOr<ProblemText> Text(std::string_view model,
                                           uint64_t digest) = 0;
  // The texts of all problems that have one, by digest.
  virtual absl::StatusOr<std::map<uint64_t, ProblemText>> Texts(
      std::string_view model) = 0;
  // Digests of the responses that the baseline was made of, ascending.
  virtual absl::StatusOr<std::vector<uint64_t>> Rows(
      std::string_view model) = 0;
  // The golden reference: blobs of `state`, key = model.
  virtual absl::StatusOr<std::vector<StateBlob>> Golden(
      std::string_view model) = 0;
  // The latest state that the daemon saved of the model.
  virtual absl::StatusOr<std::vector<StateBlob>> Rolling(
      std::string_view model) = 0;

  struct Added {
    int64_t fresh = 0;    // problems that were not there
    int64_t changed = 0;  // another gold answer than before
  };
  // Adds or completes problems of one model. ResourceExhausted if the
  // database is at its limit, FailedPrecondition if the baseline is frozen.
  virtual absl::StatusOr<Added> AddProblems(
      const std::string& model, const std::vector<ImportedProblem>& problems,
      absl::Time now) = 0;
  // Replaces the golden reference, together with the responses and problems
  // that are new in it.
  virtual absl::StatusOr<Added> PutReference(
      const std::string& model, const std::string& prefix,
      const std::vector<ImportedProblem>& problems,
      const std::vector<uint64_t>& rows, const std::vector<StateBlob>& golden,
      absl::Time now) = 0;
  // Removes all that is stored of the model's baseline, unless it is frozen.
  virtual absl::Status Clear(const std::string& model) = 0;
  // Makes the daemon's latest state the golden reference and refuses imports
  // from then on; or allows them again.
  virtual absl::Status Freeze(const std::string& model, bool frozen,
                              absl::Time now) = 0;

  // `pending`: the daemon acts on it at its next reload or start.
  virtual absl::Status AddEvent(const ModelEvent& event, bool pending) = 0;
  // Pending events with an id above the fact "events_acted/MODEL", oldest
  // first.
  virtual absl::StatusOr<std::vector<ModelEvent>> Pending() = 0;

  virtual absl::StatusOr<std::string> Fact(std::string_view name) = 0;
  virtual absl::Status PutFact(std::string_view name,
                               std::string_view value) = 0;
};

// Makes the database if there is none, and brings an old one up to date if no
// daemon holds it. Errors as OpenSqliteStore().
absl::StatusOr<std::unique_ptr<BaselineStore>> OpenBaselineStore(
    const BaselineStoreOptions& options);

}  // namespace reasonwatch

#endif  // REASONWATCH_STORAGE_BASELINE_STORE_H_
