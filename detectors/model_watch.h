// Everything that watches one model: its routes, the model as a whole, its
// replicas, and its posteriors of baseline problems.
//
// Arithmetic only: time comes in with the data. Not thread-safe; one owner (the
// shard worker of the model). Deterministic: the same responses in the same
// order give the same findings, also across Save() and Restore().
#ifndef REASONWATCH_DETECTORS_MODEL_WATCH_H_
#define REASONWATCH_DETECTORS_MODEL_WATCH_H_

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "core/incident.h"
#include "core/ports.h"
#include "core/scored.h"
#include "core/snapshot.h"
#include "detectors/budget.h"
#include "detectors/change_markers.h"
#include "detectors/consistency/posteriors.h"
#include "detectors/level.h"
#include "detectors/stream_reference.h"

namespace reasonwatch {

struct WatchOptions {
  BudgetOptions budget;
  ReferenceOptions reference;
  uint32_t enabled_signals = ~0u;  // bit a Signal; also those in shadow mode
  int max_replicas = 64;
  // Streams of this daemon, for the budget; at least 1.
  int streams = 1;
};

struct FitJob {
  std::string route;
  std::vector<ReferenceRow> rows;
  int64_t renewals = 0;  // of the watch, when the rows were taken
};

class ModelWatch {
 public:
  ModelWatch(std::string model, WatchOptions options);

  // A response of an imported baseline. Call FinishImport() after the last.
  void LearnImported(const Scored& scored);
  void FinishImport();
  // Trials of a problem that were graded after they were all seen.
  void LearnTrials(uint64_t problem, int trials, int failures);

  // Any signal of any level.
  bool AnyOpen() const;
  // Nothing was learnt.
  bool Empty() const;
  // As new.
  void Reset();
  // Whether the level of a scope has this signal open.
  bool Open(Signal signal, Scope scope, const std::string& route,
            const std::string& replica) const;

  // A live response; returns what it caused. Responses of other origins than
  // live are ignored. `low_coverage`: over 2 % of the last responses were lost.
  std::vector<Finding> Observe(const Scored& scored, bool low_coverage = false);

  // Re-scoring has not borne an open finding out: from here on it is measured
  // against how it is now (Level::Clear).
  void Clear(const Finding& finding);

  // The solved problems that were asked since consistency_regression was last
  // quiet on all routes, which includes every failure that its evidence is of.
  struct AskedProblem {
    uint64_t problem = 0;
    Posteriors::Seen before;  // while healthy
    Posteriors::Seen now;
  };
  std::vector<AskedProblem> SolvedProblemsAsked() const;

  // Closes what is open on streams silent for 7 days.
  std::vector<Finding> Tick(absl::Time now);

  // A regression that became too large to fit in place; the owner runs
  // FitPromptRegression elsewhere and gives the result back. Empty rows: none.
  FitJob TakeFitJob();
  // No effect where the watch has begun anew since.
  void InstallFit(const FitJob& job, PromptRegressionFit fit);

  void SetBudget(const BudgetOptions& budget, uint32_t enabled_signals) {
    options_.budget = budget;
    options_.enabled_signals = enabled_signals;
  }
  void set_streams(int streams) { options_.streams = streams; }
  std::vector<StreamSnapshot> Snapshot(absl::Time now) const;
  const std::string& model() const { return model_; }
  const Posteriors& posteriors() const { return posteriors_; }
  const StreamReference* reference(const std::string& route) const;
  std::vector<std::string> routes() const;
  int64_t responses() const { return responses_; }
  int64_t replicas_not_watched() const { return replicas_over_; }

  // One blob for the moving parts and one for each 256 reference rows; rows
  // that did not change since the last Save() are left out unless `all`.
  std::vector<StateBlob> Save(bool all);
  // Blobs of this model, in any order. DataLoss where they can't be read; the
  // watch is then as new.
  absl::Status Restore(const std::vector<StateBlob>& blobs);

 private:
  struct Stream {
    Stream(const std::string& model, const std::string& route,
           const ReferenceOptions& options);
    StreamReference reference;
    Level level;
    TrafficMeter traffic;
    std::vector<uint8_t> covered;  // ring of the last 500
    int64_t responses = 0;
    size_t saved_rows = 0;
    bool fit_pending = false;
    ChangeMarkers changes;
  };
  // Failed and all trials of a problem since the suspected change.
  struct Repeats {
    int32_t trials = 0;
    int32_t failures = 0;
  };
  struct PendingGrade {
    uint64_t problem = 0;
    uint64_t neighbour = 0;
    float distance = 0;
    uint32_t failed = 0;  // 0 or 1; this wide, so that there is no padding
  };

  Stream& StreamOf(const std::string& route);
  void JudgeConsistency(const Scored& scored, PayOff& out);
  void LearnGrade(const Scored& scored, bool suspicious, bool quiet);
  void LearnGrade(const PendingGrade& grade);
  // The condition holds on every level.
  template <typename Condition>
  bool EveryLevel(Condition condition) const {
    return condition(model_level_) &&
           std::all_of(
               streams_.begin(), streams_.end(),
               [&](const auto& s) { return condition(s.second->level); }) &&
           std::all_of(replicas_.begin(), replicas_.end(), [&](const auto& r) {
             return condition(r.second->level);
           });
  }
  StreamState StateOf(const Stream& stream, absl::Time now) const;
  double CoverageOf(const Stream& stream) const;
  LevelShape Shape() const;
  Thresholds ThresholdsOfStream(const Stream& stream) const;

  std::string model_;
  WatchOptions options_;
  int64_t renewals_ = 0;
  std::map<std::string, std::unique_ptr<Stream>> streams_;
  Level model_level_;
  TrafficMeter model_traffic_;
  struct Replica {
    Level level;
    TrafficMeter traffic;
  };
  std::map<std::string, std::unique_ptr<Replica>> replicas_;
  int64_t replicas_over_ = 0;
  Posteriors posteriors_;
  std::vector<PendingGrade> grade_quarantine_;  // ring
  size_t grade_next_ = 0;
  int64_t grades_since_refit_ = 0;
  absl::flat_hash_map<uint64_t, Repeats> repeats_;
  absl::flat_hash_map<uint64_t, int64_t> last_update_ns_;  // problem x session
  int64_t responses_ = 0;
  absl::Time last_start_ = absl::UnixEpoch();
  std::vector<PayOff> pay_offs_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_MODEL_WATCH_H_
