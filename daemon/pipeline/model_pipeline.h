// One model's way from Scored to incident events: start order, watch, book.
//
// While the usual prefix of the model's prompts is not known, it is learnt from
// the digests of their beginnings; TakePrefix() tells it once.
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
#include "absl/time/time.h"
#include "baseline/matching/problem_index.h"
#include "core/incident.h"
#include "core/ports.h"
#include "core/scored.h"
#include "core/snapshot.h"
#include "daemon/pipeline/agreed_problems.h"
#include "daemon/pipeline/regime_log.h"
#include "detectors/model_watch.h"
#include "detectors/order/start_order.h"
#include "features/habits/habits.h"
#include "incidents/incident_book.h"

namespace reasonwatch {

class ModelPipeline {
 public:
  ModelPipeline(std::string model, WatchOptions watch,
                IncidentOptions incidents);

  // Takes an evaluated response; returns what came of it and of those that its
  // arrival released. A repeat (same id within 10 minutes) is counted only.
  std::vector<IncidentEvent> Take(Scored scored, bool low_coverage);
  // Nothing arrives: releases what has waited and closes what is silent.
  std::vector<IncidentEvent> Tick(absl::Time now);
  // Feeds everything that is still held.
  std::vector<IncidentEvent> Drain();

  // A response of a healthy recording. watch().FinishImport() after the last.
  void LearnImported(Scored scored);

  // What live traffic has shown of the model since the last call.
  std::vector<ModelEvent> TakeEvents() { return std::exchange(events_, {}); }
  // Problems that became agreed since the last call.
  std::vector<BaselineProblem> TakeAgreed() {
    return std::exchange(settled_, {});
  }
  const AgreedProblems& agreed() const { return agreed_; }

  // The operator wants the change that has come: closes what is open as
  // accepted, for the given reason, and learns anew from here on.
  std::vector<IncidentEvent> Accept(absl::Time now,
                                    const std::string& evidence);

  // IncidentBook::TakeVerdict(); what was not reproduced is watched for more.
  std::optional<IncidentEvent> TakeVerdict(const Verdict& verdict);

  // As if nothing had been learnt of the model.
  void ResetReference();
  // The reference alone: what a baseline consists of, and is put in place of.
  // RestoreReference gives DataLoss, and an empty reference, where the blobs
  // can't be read; other blobs of Save() are left out.
  std::vector<StateBlob> SaveReference();
  absl::Status RestoreReference(const std::vector<StateBlob>& blobs);

  // Digest of the prefix that over half of the first prompts share: nullopt
  // while it is being learnt and after it was told; 0 = there is none.
  std::optional<uint64_t> TakePrefix();
  // The same, however often it was told.
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
  // in its own time. `now` where nothing has come.
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

  ModelWatch& watch() { return watch_; }
  const ModelWatch& watch() const { return watch_; }
  IncidentBook& book() { return book_; }
  const StartOrder& order() const { return order_; }
  int64_t duplicates() const { return duplicates_; }
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
  void LearnAgreed(const Scored& scored);
  void CloseStale(const std::vector<Incident>& incidents);
  // Measures what stays open of it against how it is now.
  void WatchForMore(const Incident& incident);
  void SaveSeen(StateWriter& out) const;

  const bool frozen_;  // learns nothing from live traffic
  ModelWatch watch_;
  AgreedProblems agreed_;
  RegimeLog regimes_;
  std::vector<ModelEvent> events_;        // at most kMaxUntold
  std::vector<BaselineProblem> settled_;  // the same
  StartOrder order_;
  IncidentBook book_;
  // Ids and digests seen in the last 10 minutes.
  absl::flat_hash_map<uint64_t, int64_t> seen_;
  size_t tidy_seen_at_ = 512;
  int64_t duplicates_ = 0;
  bool low_coverage_ = false;  // of the last response
  // Closes of incidents that the restored detectors do not hold open.
  std::vector<Finding> stale_;
  // Beginnings of the first prompts: digest -> how often, and the longest
  // position at which it stood.
  struct Beginning {
    int32_t count = 0;
    int32_t position = 0;
  };
  std::map<uint64_t, Beginning> beginnings_;
  int32_t prompts_ = 0;
  std::optional<uint64_t> prefix_;
  bool prefix_told_ = false;
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
