// SPDX-License-Identifier: Apache-2.0
// Asks the model again: chooses the problem and the moment, and adds the
// answers up to verdicts.
//
// An incident that waits for confirmation gets a campaign over up to 64
// problems: those that failed live, neighbours of those that showed a symptom,
// and a sample of the solved baseline. They are asked in turn, one sample each,
// until the pooled verdict is decided; after a confirmation they are asked in
// other ways, to find where the loss sits. Canaries and questions by hand are
// groups of one problem.
//
// The way of a verdict, from the incident that waits for it and back:
//
//   incident event
//     │ Observe(incident)                            rescorer.cc
//     ▼
//   CampaignRunner::Observe ─ Start: the jobs        campaign_runner.cc
//     │ Next(): a question                           campaign.cc
//     ▼
//   Step(): gate and budget allow it, room for all   rescorer.cc
//     │ Asker::Ask, ReadSample: an answer, rewards   asker.cc
//     ▼
//   CampaignRunner::ObserveSample ─ Decide           campaign_runner.cc
//     │ DecideVerdict(): Bayes factor and bounds     group.cc
//     ▼
//   Emit(verdict), with its sequence number          rescorer.cc
//     │ the daemon's service adds the judge's shares rescoring_service.cc
//     ▼
//   the log, the webhook, the model's shard            app/steps_live.cc
//     │ ApplyVerdict, from each to the next           shards.cc, shard.cc
//     ▼                                               model_pipeline.cc
//   the incident book                                 incident_book.cc
//     │ the incident, with the number as its echo
//     ▼
//   incident event ─▶ Observe(incident): it has heard the verdict
//
// Every job and every sample is on disk before the next question, so a crash
// repeats at most the question that was under way, and a verdict that had not
// reached its incident is decided again from its samples (verdict_ledger.h).
//
// Step() belongs to one thread; all else is thread-safe. Deterministic for the
// same calls, clock, client and store.
#ifndef REASONWATCH_RESCORE_RESCORER_H_
#define REASONWATCH_RESCORE_RESCORER_H_

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/clock.h"
#include "core/incident.h"
#include "core/rescore_job.h"
#include "core/response.h"
#include "core/verdict.h"
#include "rescore/asker.h"
#include "rescore/campaigns/campaign_runner.h"
#include "rescore/campaigns/symptoms.h"
#include "rescore/canaries/canary_book.h"
#include "rescore/canaries/canary_runner.h"
#include "rescore/canaries/fingerprint_book.h"
#include "rescore/group_runner.h"
#include "rescore/job_queue.h"
#include "rescore/options.h"
#include "rescore/problem_set.h"
#include "rescore/question_runner.h"
#include "rescore/server/asking_budget.h"
#include "rescore/server/headroom.h"
#include "rescore/server/served_regime.h"
#include "rescore/tally.h"
#include "rescore/verdict_ledger.h"
#include "rescore/ways/conditions_book.h"
#include "rescore/ways/live_conditions.h"
#include "util/mutex.h"

namespace reasonwatch {

class Evaluator;

class Store;

struct Scored;

class Rescorer {
 public:
  // All must outlive it. `store` may be null: nothing survives. `emit` is
  // called by Step() and Resume(), once when the verdict of an incident (or of
  // a group of its own) is decided and again when its fault search has ended.
  Rescorer(RescorerOptions options, RescoreEndpoints endpoints,
           const Clock& clock, const Evaluator& evaluator, Store* store,
           std::function<void(const Verdict&)> emit);
  Rescorer(const Rescorer&) = delete;
  Rescorer& operator=(const Rescorer&) = delete;

  void SetProblems(std::shared_ptr<const ProblemSet> problems);
  // Restores what an earlier run has stored. Before the first Step().
  absl::Status Resume(const std::vector<Incident>& incidents);

  // The incident, after every event of it.
  void Observe(const Incident& incident);
  // Every live response.
  void Observe(const Scored& scored) {
    symptoms_.Observe(scored);
    live_.Observe(scored);
  }
  // The operator wants the change of the model, so its stored fingerprint,
  // regime and canaries no longer describe a healthy model: drops them.
  void Forget(const std::string& model);
  // The operator wants the incident asked again, whatever its last verdict
  // says. FailedPrecondition: it is not open, or it is being asked as it is.
  // ResourceExhausted: too many are waiting.
  absl::Status AskAgain(const Incident& incident);
  // Asks a problem by hand. NotFound: no such problem. ResourceExhausted: too
  // many are waiting. Returns the job's id.
  absl::StatusOr<std::string> Ask(const std::string& model, uint64_t problem);

  // Conditions of the incident's failures, if live traffic shows none. Before
  // the first Step().
  void Assume(const std::string& incident,
              const FailureConditions& conditions) {
    conditions_.Put(incident, conditions);
  }

  // Asks at most one question, and those beside it; returns for how long there
  // is nothing to do.
  absl::Duration Step();
  // Gives up the question under way if others need the server, or if an
  // incident has waited for its verdict as long as it may. Call it at least
  // twice a second, from another thread.
  void Watch();
  // Gives up the question under way and every later one.
  void Stop() { asker_.Stop(); }

  RescoreCounters Counters() const { return tally_.Read(); }
  // Samples asked, and wanted at most, over the jobs that are not finished.
  std::pair<int, int> Progress() const { return tally_.Progress(); }

 private:
  // Applies all that other threads have handed in since the last step.
  void ApplyObserved(absl::Time now);
  // Queues the incident for the next step, unless a newer state is queued.
  void Defer(const Incident& incident);

  std::optional<RescoreQuestion> NextQuestion(absl::Time now);
  // An endpoint whose regime is due.
  struct RegimeReading {
    std::string model;
    std::string replica;  // "" = the watched endpoint
    ModelClient* client = nullptr;
  };
  // The regime that is to be read before the question; none if all are known.
  std::optional<RegimeReading> RegimeToRead(
      const std::optional<RescoreQuestion>& question, absl::Time now);
  bool GateIsOpen();
  void ReadRegime(const RegimeReading& reading, absl::Time now);
  // The question and those beside it, as many as there is room for.
  void AskNow(const RescoreQuestion& question, absl::Time now);
  void AskProbe(absl::Time now);
  void NoteAnswered(absl::Time now, double tokens);
  void ObserveFailure(const RescoreQuestion& question, std::string_view error,
                      absl::Time now);
  void ObserveAnswer(const RescoreQuestion& question, const Response& response,
                     absl::Time now);
  QuestionRunner& RunnerOf(const RescoreJob& job);
  void ReadLoad(absl::Time now);
  void CountLoadError(const absl::Status& status);
  void Emit(Verdict verdict);

  const RescorerOptions options_;
  const RescoreEndpoints endpoints_;
  const Clock& clock_;
  const std::function<void(const Verdict&)> emit_;

  RescoreTally tally_;
  SymptomLog symptoms_;
  LiveConditions live_;
  Asker asker_;

  // When the next incident will have waited as long as it may.
  std::atomic<int64_t> deadline_ns_ = std::numeric_limits<int64_t>::max();

  mutable Mutex mutex_;
  std::deque<Incident> observed_ ABSL_GUARDED_BY(mutex_);
  std::deque<Incident> again_ ABSL_GUARDED_BY(mutex_);  // by the operator
  std::vector<RescoreJob> asked_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> to_forget_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const ProblemSet> problems_ ABSL_GUARDED_BY(mutex_);
  HeadroomGate gate_ ABSL_GUARDED_BY(mutex_);

  // Used by the thread that steps only.
  JobQueue queue_;
  AskingBudget budget_;
  RegimeWatch regimes_;
  FingerprintBook fingerprints_;
  CanaryBook canary_book_;
  VerdictLedger ledger_;
  ConditionsBook conditions_;
  RunnerContext context_;
  GroupRunner groups_;
  CampaignRunner campaigns_;
  CanaryRunner canaries_;
  // In the order in which they are asked for a question.
  const std::array<QuestionRunner*, 3> runners_;
  std::string load_error_;  // why the load can't be read; "" = it can
  absl::Time load_read_ = absl::InfinitePast();
  absl::Time not_before_ = absl::InfinitePast();  // pause after errors
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_RESCORER_H_
