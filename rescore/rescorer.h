// Asks the model again: which problem, when, and what it comes to.
//
// An incident that waits for confirmation starts a campaign over up to 64
// problems: those that were failed live, neighbours of those that showed a
// symptom, and a sample of the solved baseline. They are asked in turn, one
// sample each, until the pooled verdict stands; after a confirmation they are
// asked in other ways, to find where the loss sits. Canaries and questions by
// hand are groups of one problem.
//
// Every job and every sample is on disk before the next question, so a crash
// repeats at most the question that was under way.
//
// Step() belongs to one thread; all else is thread-safe. Deterministic for the
// same calls, clock, client and store.
#ifndef REASONWATCH_RESCORE_RESCORER_H_
#define REASONWATCH_RESCORE_RESCORER_H_

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "core/mutex.h"
#include "core/ports.h"
#include "rescore/asker.h"
#include "rescore/asking_budget.h"
#include "rescore/campaign.h"
#include "rescore/canary_book.h"
#include "rescore/fingerprint_book.h"
#include "rescore/headroom.h"
#include "rescore/job_queue.h"
#include "rescore/options.h"
#include "rescore/problem_set.h"
#include "rescore/served_regime.h"
#include "rescore/symptoms.h"
#include "rescore/tally.h"

namespace reasonwatch {

class Rescorer {
 public:
  // All must outlive it. `store` may be null: nothing survives. `tell` is
  // called by Step() and Resume(), once when the verdict of an incident (or of
  // a group of its own) stands and again when it has been localised.
  Rescorer(RescorerOptions options, RescoreEndpoints endpoints,
           const Clock& clock, const Evaluator& evaluator, Store* store,
           std::function<void(const Verdict&)> tell);

  void SetProblems(std::shared_ptr<const ProblemSet> problems);
  // What an earlier run left. Before the first Step().
  absl::Status Resume(const std::vector<Incident>& incidents);

  // After every event of an incident.
  void Note(const Incident& incident);
  // Every live response; cheap for those that say nothing.
  void Observe(const Scored& scored) { symptoms_.Observe(scored); }
  // The operator wants the model's change: what it was like before is no
  // measure any more.
  void Forget(const std::string& model);
  // By hand. NotFound: no such problem. Returns the job's id.
  absl::StatusOr<std::string> Ask(const std::string& model, uint64_t problem);

  // Asks at most one question; returns how long nothing is to be done.
  absl::Duration Step();
  // While a question is under way: gives it up where others need the server, or
  // an incident has waited for its verdict as long as it may.
  // At least twice a second, from another thread.
  void Watch();
  // Gives up the question under way and every later one.
  void Stop() { asker_.Stop(); }

  RescoreCounters Counters() const { return tally_.Read(); }
  // Samples asked and wanted at most, over what is not finished: for progress.
  std::pair<int, int> Progress() const { return tally_.Progress(); }

 private:
  // What was noted since the last step.
  void TakeNotes(absl::Time now);
  void TakeNote(const Incident& incident, absl::Time now);
  // Pending, and not only because it has not heard yet what was told.
  bool WaitsAnew(const Incident& incident, absl::Time now) const;
  // Looked at again, unless more is heard of it.
  void Defer(const Incident& incident);
  void ForgetNow(const std::string& model);

  // Campaigns of incidents.
  void StartCampaign(const Incident& incident, absl::Time now);
  void EndCampaign(const std::string& incident, std::string_view result,
                   std::string_view reason, absl::Time now);
  std::vector<GroupView> Groups(const Campaign& campaign) const {
    return GroupsOf(campaign, queue_, set_.get());
  }
  std::optional<RescoreQuestion> NextOf(const Campaign& campaign);
  void JudgeCampaign(Campaign& campaign, absl::Time now);
  void Conclude(Campaign& campaign, Verdict verdict);
  void EndLocalising(Campaign& campaign, absl::Time now);
  void LookAtDeadlines(absl::Time now);

  // Groups of one problem.
  bool NeedsComparison(const RescoreJob& job,
                       const RescoreProblem& problem) const;
  std::optional<RescoreQuestion> NextOfGroup(RescoreJob& job);
  void JudgeGroup(RescoreJob& job, absl::Time now);
  void JudgeCanary(const RescoreJob& job, const RescoreProblem& problem,
                   absl::Time now);
  void LookAtCanaries(absl::Time now);
  void MakeCanary(absl::Time now);

  // Asking.
  std::optional<RescoreQuestion> NextQuestion();
  std::optional<std::string> RegimeToRead(
      const std::optional<RescoreQuestion>& question, absl::Time now);
  void ReadRegime(const std::string& model, absl::Time now);
  void AskNow(const RescoreQuestion& question, absl::Time now);
  void AskProbe(absl::Time now);
  void Answered(absl::Time now, double tokens);
  void Failed(const RescoreQuestion& question, std::string_view error,
              absl::Time now);
  void Sampled(const RescoreQuestion& question, const Response& response,
               absl::Time now);
  void LookAtLoad(absl::Time now);
  void NoteLoad(const absl::Status& status);
  void Tell(Verdict verdict);

  const RescorerOptions options_;
  const RescoreEndpoints endpoints_;
  const Clock& clock_;
  const std::function<void(const Verdict&)> tell_;

  RescoreTally tally_;
  SymptomLog symptoms_;
  Asker asker_;

  // The next at which an incident is told that no verdict came in time.
  std::atomic<int64_t> deadline_ns_ = std::numeric_limits<int64_t>::max();

  mutable Mutex mutex_;
  std::deque<Incident> notes_ ABSL_GUARDED_BY(mutex_);
  std::vector<RescoreJob> asked_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> to_forget_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const ProblemSet> problems_ ABSL_GUARDED_BY(mutex_);
  HeadroomGate gate_ ABSL_GUARDED_BY(mutex_);

  // Of the thread that steps.
  std::shared_ptr<const ProblemSet> set_;
  JobQueue queue_;
  AskingBudget budget_;
  RegimeWatch regimes_;
  FingerprintBook fingerprints_;
  CanaryBook canaries_;
  std::map<std::string, Campaign> campaigns_;    // by incident
  std::map<std::string, absl::Time> concluded_;  // told just now
  std::string load_error_;                       // why the load can't be read
  absl::Time looked_ = absl::InfinitePast();
  absl::Time not_before_ = absl::InfinitePast();
  int errors_in_a_row_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_RESCORER_H_
