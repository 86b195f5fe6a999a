// SPDX-License-Identifier: Apache-2.0
// One model's way from Scored to incident events: start order, watch, book.
//
// While the usual prefix of the model's prompts is not known, it is learnt from
// the digests of their beginnings; DrainPrefix() returns it once.
//
// Not thread-safe; one owner (a shard worker, or a replay). Deterministic.
#ifndef REASONWATCH_DAEMON_PIPELINE_MODEL_PIPELINE_H_
#define REASONWATCH_DAEMON_PIPELINE_MODEL_PIPELINE_H_

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "baseline/agreed/agreed_problems.h"
#include "baseline/matching/problem_index.h"
#include "core/baseline_problem.h"
#include "core/finding.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/replay_take.h"
#include "core/scored.h"
#include "core/state_blob.h"
#include "core/verdict.h"
#include "daemon/pipeline/followed_rows.h"
#include "daemon/pipeline/regime_log.h"
#include "daemon/pipeline/replay_tape.h"
#include "daemon/pipeline/start_order.h"
#include "detectors/model_watch.h"
#include "features/habits/habits.h"
#include "incidents/incident_book.h"

namespace reasonwatch {

class ModelPipeline {
 public:
  ModelPipeline(std::string model, WatchOptions watch,
                IncidentOptions incidents);

  // An evaluated response; returns the events of it and of the responses that
  // its arrival released. A repeat (same id within 10 minutes) is only counted.
  std::vector<IncidentEvent> Observe(Scored scored, bool low_coverage);
  // Nothing arrives: releases the responses whose turn has come and closes
  // silent streams.
  std::vector<IncidentEvent> Tick(absl::Time now);
  // Feeds everything that is still held.
  std::vector<IncidentEvent> Drain();

  // A response of a healthy recording. watch().FinishImport() after the last.
  void LearnImported(Scored scored);

  // Changes of the model that live traffic has shown since the last call.
  std::vector<ModelEvent> DrainEvents() { return std::exchange(events_, {}); }
  // Problems that became agreed since the last call.
  std::vector<BaselineProblem> DrainAgreed() {
    return std::exchange(settled_, {});
  }
  const AgreedProblems& agreed() const { return agreed_; }

  // The operator wants the change that has come: closes open incidents as
  // accepted, for the given reason, and learns anew from here on.
  std::vector<IncidentEvent> Accept(absl::Time now,
                                    const std::string& evidence);

  // IncidentBook::ApplyVerdict(). Signals that were not reproduced are measured
  // against how they are now from here on.
  std::optional<IncidentEvent> ApplyVerdict(const Verdict& verdict);

  // As if nothing had been learnt of the model.
  void ResetReference();
  // The reference and the habits that it was learnt with: the parts of a stored
  // baseline. RestoreReference returns DataLoss, and leaves an empty reference,
  // if the blobs can't be read; it ignores the other blobs of Save(). Blobs
  // without habits (of before 0.2) leave the habits as they are.
  std::vector<StateBlob> SaveReference();
  absl::Status RestoreReference(const std::vector<StateBlob>& blobs);

  // Digest of the prefix that over half of the first prompts share: nullopt
  // while it is being learnt and after it was drained; 0 = there is none.
  std::optional<uint64_t> DrainPrefix();
  // The same, however often it was drained.
  std::optional<uint64_t> prefix() const { return prefix_; }

  // The model's habits, kept with its state; null = none were mined.
  void set_habits(std::shared_ptr<const HabitProfile> habits);
  const std::shared_ptr<const HabitProfile>& habits() const { return habits_; }

  // The habits that the latest responses show less than half as often as the
  // mined traces did, for an operator to read: "habits lost: 'Let x be'". At
  // most three, the most frequent first; "" = none.
  std::string LostHabits() const;

  // The baseline's problems, to name those that fail; may be null.
  void set_problems(std::shared_ptr<const ProblemIndex> problems) {
    problems_ = std::move(problems);
  }

  // When the latest response came, by the wall clock.
  void set_received(absl::Time now) { received_ = now; }
  // The data's own clock at `now`: the latest start, moved on by the time that
  // has passed since it came, so that a recording fed with old times is judged
  // in its own time. `now` if nothing has come.
  absl::Time DataTime(absl::Time now) const {
    if (received_ == absl::UnixEpoch()) return now;
    return last_time_ + (now - received_);
  }

  // The watch's blobs, and what is this class's own: what is held and the ids
  // that were seen too.
  std::vector<StateBlob> Save(bool all);
  // `incidents`: of this model, open or closed under 24 h ago.
  absl::Status Restore(const std::vector<StateBlob>& blobs,
                       std::vector<Incident> incidents);
  // Id and start of the last response that went in.
  const std::string& last_id() const { return last_id_; }
  absl::Time last_time() const { return last_time_; }

  // From here on the latest responses are remembered in numbers.
  void KeepTape() { tape_ = std::make_unique<ReplayTape>(); }
  // The way to this moment; nullopt: none is remembered.
  std::optional<ReplayTake> Take() const;
  // The state has changed otherwise than by a response.
  void CutTape() {
    if (tape_ != nullptr) tape_->Cut();
  }
  // A response of a take. RestoreReference() with its state comes first.
  std::vector<IncidentEvent> ObserveTaped(TapeRow row);
  void InstallFit(const FitJob& job, PromptRegressionFit fit) {
    watch_.InstallFit(job, std::move(fit));
    CutTape();
  }

  ModelWatch& watch() { return watch_; }
  const ModelWatch& watch() const { return watch_; }
  IncidentBook& book() { return book_; }
  const StartOrder& order() const { return order_; }
  int64_t duplicates() const { return duplicates_; }
  // Responses to other prompts under an id that came before; they count.
  int64_t shared_ids() const { return shared_ids_; }
  // The rows of followed files that the state holds; saved with it.
  FollowedRows& followed() { return followed_; }
  const std::string& model() const { return watch_.model(); }

 private:
  std::vector<IncidentEvent> Feed(std::vector<Scored> ready, bool low_coverage);
  // The detectors know habits by their number only.
  void NameHabits(Finding& finding) const;
  // And problems by their digest.
  void NameProblems(Finding& finding) const;
  FailingProblem Named(const ProblemOutcome& outcome) const;
  bool Repeated(const Scored& scored);
  void LearnPrefix(const Scored& scored);
  void CountHabits(const Scored& scored);
  bool RestoreHabits(const StateBlob& blob);
  void LearnAgreed(const Scored& scored);
  void CloseStale(const std::vector<Incident>& incidents);
  // Measures the signals that stay open against how they are now.
  void WatchForMore(const Incident& incident);
  StateBlob SaveAgreed() const;
  void Tape(const Scored& scored, bool low_coverage);
  absl::flat_hash_map<uint64_t, int64_t> RecentlySeen() const;
  template <typename Archive>
  void DescribeOwn(Archive& archive,
                   std::vector<IncidentBook::Progress>& progress);

  const bool frozen_;  // learns nothing from live traffic
  ModelWatch watch_;
  AgreedProblems agreed_;
  RegimeLog regimes_;
  std::vector<ModelEvent> events_;        // at most kMaxNews
  std::vector<BaselineProblem> settled_;  // the same
  StartOrder order_;
  IncidentBook book_;
  // Ids and digests seen in the last 10 minutes.
  absl::flat_hash_map<uint64_t, int64_t> seen_;
  // By the same keys: the prompt that came last with the id. Not kept over a
  // restart.
  absl::flat_hash_map<uint64_t, uint64_t> asked_;
  size_t tidy_seen_at_ = 512;
  int64_t shared_ids_ = 0;
  int64_t duplicates_ = 0;
  FollowedRows followed_;
  std::unique_ptr<ReplayTape> tape_;  // null: nothing is remembered
  bool low_coverage_ = false;         // of the last response
  // Closes of incidents that the restored detectors do not hold open.
  std::vector<Finding> stale_;
  // Beginnings of the first prompts: digest -> how often, and the longest
  // position at which it stood.
  struct Beginning {
    int32_t count = 0;
    int32_t position = 0;
    template <typename Archive>
    friend void Describe(Archive& archive, Beginning& b) {
      archive.Field("count", b.count);
      archive.Field("position", b.position);
    }
  };
  std::map<uint64_t, Beginning> beginnings_;
  int32_t prompts_ = 0;
  std::optional<uint64_t> prefix_;
  bool prefix_drained_ = false;
  std::shared_ptr<const ProblemIndex> problems_;
  std::shared_ptr<const HabitProfile> habits_;
  bool habits_saved_ = true;
  std::array<float, kMaxHabits> habit_rates_{};  // of the latest responses
  std::string last_id_;
  absl::Time last_time_ = absl::UnixEpoch();
  absl::Time received_ = absl::UnixEpoch();
};

}  // namespace reasonwatch

#endif  // REASONWATCH_DAEMON_PIPELINE_MODEL_PIPELINE_H_
