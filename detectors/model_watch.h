// SPDX-License-Identifier: Apache-2.0
// Everything that watches one model: its routes, the model as a whole, its
// replicas, and its graded answers (failure_watch.h). model_state.cc stores it,
// snapshot.h shows it.
//
// Arithmetic only: time comes in with the data. Not thread-safe; one owner (the
// shard worker of the model). Deterministic: the same responses in the same
// order give the same findings, also across Save() and Restore().
#ifndef REASONWATCH_DETECTORS_MODEL_WATCH_H_
#define REASONWATCH_DETECTORS_MODEL_WATCH_H_

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/finding.h"
#include "core/finish.h"
#include "core/signal.h"
#include "core/snapshot.h"
#include "core/state_blob.h"
#include "detectors/change_markers.h"
#include "detectors/consistency/posteriors.h"
#include "detectors/failure_watch.h"
#include "detectors/level/level.h"
#include "detectors/reference/stream_reference.h"
#include "detectors/watch_options.h"
#include "util/state_archive.h"

namespace reasonwatch {

class HeardLately;
class PromptTwin;
struct Scored;

// One model x route.
struct WatchedStream {
  WatchedStream(const std::string& model, const std::string& route,
                const ReferenceOptions& options);
  ~WatchedStream();
  // Counts a response, and whether the reference covers it.
  void Observe(const Scored& scored);

  StreamReference reference;
  Level level;
  TrafficMeter traffic;
  std::vector<uint8_t> covered;  // ring of the last kCoverageWindow
  int64_t responses = 0;
  size_t saved_rows = 0;
  bool fit_pending = false;
  ChangeMarkers changes;
  std::unique_ptr<PromptTwin> twin;
  std::unique_ptr<HeardLately> heard;
};
// Responses of which the share with a reference is known: the same as a
// quarantine of responses.
inline constexpr size_t kCoverageWindow = 500;
// A stream with fewer responses in its reference is only learning: no channel
// of rates is worth a bet before.
inline constexpr int64_t kLearningUnder = 30;
// A reference with fewer, or one that spans under ReferenceOptions::min_span,
// is provisional: its findings are warnings (docs/glossary.md).
inline constexpr int64_t kProvisionalUnder = 2000;
// With so many a rate is known to 10 points and a median to a fifth: enough for
// an effect that is gross (level/finding.h).
inline constexpr int64_t kGrossFrom = 100;

// Responses of a model for which prompts of a new kind on any route hold pages
// of its wider levels: twice as many as an alarm needs to recover.
inline constexpr int64_t kNewKindsLast = 100;

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
  // No response was learnt.
  bool Empty() const;
  // As new.
  void Reset();
  // Whether the level of a scope has this signal open.
  bool Open(Signal signal, Scope scope, const std::string& route,
            const std::string& replica) const;

  // A live response; returns the findings that it caused. Responses of other
  // origins than live are ignored. `low_coverage`: over 2 % of the last
  // responses were lost.
  std::vector<Finding> Observe(const Scored& scored, bool low_coverage = false);

  // Re-scoring has not borne an open finding out: from here on it is measured
  // against how it is now (Level::Clear).
  void Clear(const Finding& finding);

  // The solved problems that were asked since consistency_regression was last
  // quiet on all routes, which includes every failure that its evidence is of.
  std::vector<FailureWatch::AskedProblem> SolvedProblemsAsked() const {
    return failures_.SolvedProblemsAsked();
  }

  // Closes the open signals of streams silent for 7 days.
  std::vector<Finding> Tick(absl::Time now);

  // A regression that became too large to fit in place; the owner runs
  // FitPromptRegression elsewhere and gives the result to InstallFit(), until
  // when the job is the next one. Empty rows: none.
  FitJob NextFitJob() const;
  // No effect if the watch has begun anew since.
  void InstallFit(const FitJob& job, PromptRegressionFit fit);

  void SetBudget(const BudgetOptions& budget, uint32_t enabled_signals) {
    options_.budget = budget;
    options_.enabled_signals = enabled_signals;
  }
  void set_streams(int streams) { options_.streams = streams; }
  int streams() const { return options_.streams; }
  std::vector<StreamSnapshot> Snapshot(absl::Time now) const;
  const std::string& model() const { return model_; }
  const Posteriors& posteriors() const { return failures_.posteriors(); }
  const StreamReference* reference(const std::string& route) const;
  std::vector<std::string> routes() const;
  int64_t responses() const { return responses_; }
  int64_t replicas_not_watched() const { return replicas_over_; }

  // One blob for the moving parts and one for each 256 reference rows; rows
  // that did not change since the last Save() are left out unless `all`.
  std::vector<StateBlob> Save(bool all);
  // The moving parts as they are now, and how many rows belong to them, by
  // route. As rows never change, RowsOf() can give them later, unless the watch
  // has begun anew since. Neither is a Save(): the next one leaves out no more.
  struct Mark {
    StateBlob parts;
    std::map<std::string, size_t> rows;
  };
  Mark SaveMark() const;
  std::vector<StateBlob> RowsOf(const Mark& mark) const;
  // Blobs of this model, in any order. DataLoss if they can't be read; the
  // watch is then as new.
  absl::Status Restore(const std::vector<StateBlob>& blobs);
  // The state as text, a line a field, without the rows: for tests, and to see
  // how two states differ.
  std::string PrintState() const;

 private:
  struct Replica {
    Level level;
    TrafficMeter traffic;
  };
  template <typename Archive>
  friend void Describe(Archive& archive, ModelWatch& watch);

  WatchedStream& FindOrAddStream(const std::string& route);
  // The reference's rows from `begin` on, as many as a blob holds and under
  // `rows`.
  StateBlob RowsBlob(const std::string& route, const WatchedStream& stream,
                     size_t begin, size_t rows) const;
  // nullptr: the response names none, or there are too many.
  Replica* FindOrAddReplica(const Scored& scored);
  // nullptr: no such level. `Watch`: const or not, and so is the level.
  template <typename Watch>
  static auto FindLevel(Watch& watch, Scope scope, const std::string& route,
                        const std::string& replica)
      -> decltype(&watch.model_level_);
  LevelShape Shape() const;
  Thresholds StreamThresholds(const WatchedStream& stream) const;
  // `new_kinds`: as PromptTwin::Verdict.
  LevelContext ContextOf(const WatchedStream& stream, bool low_coverage,
                         bool new_kinds) const;
  // Shows the pay-offs of a response to its levels. Returns whether any of them
  // is suspicious of it.
  bool ObserveLevels(const Scored& scored, WatchedStream& stream,
                     const LevelContext& context,
                     std::vector<Finding>& findings);
  // The prompts of a stream have changed since so many: forgets what they look
  // like evidence of.
  void SetBack(WatchedStream& stream, int64_t onset_ns, int64_t prompts);
  // Adds hints at the cause, and drops the quarantine of a change.
  void CompleteFindings(WatchedStream& stream, std::vector<Finding>& findings);
  void Learn(const Scored& scored, WatchedStream& stream, bool suspicious);
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

  std::string model_;
  WatchOptions options_;
  int64_t renewals_ = 0;
  std::map<std::string, std::unique_ptr<WatchedStream>> streams_;  // by route
  Level model_level_;
  TrafficMeter model_traffic_;
  std::map<std::string, std::unique_ptr<Replica>> replicas_;  // by name
  int64_t replicas_over_ = 0;
  FailureWatch failures_;
  int64_t responses_ = 0;
  int64_t new_kinds_left_ = 0;  // responses; prompts of a new kind were seen
  absl::Time last_start_ = absl::UnixEpoch();
  std::vector<PayOff> pay_offs_;  // of the response in hand
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DETECTORS_MODEL_WATCH_H_
