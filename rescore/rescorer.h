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

#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "core/mutex.h"
#include "core/ports.h"
#include "rescore/canary_watch.h"
#include "rescore/fingerprint.h"
#include "rescore/group.h"
#include "rescore/headroom.h"
#include "rescore/judge.h"
#include "rescore/localise.h"
#include "rescore/problem_set.h"

namespace reasonwatch {

struct RescorerOptions {
  int group = kGroupSize;
  double tokens_per_hour = 200000;  // of output
  double requests_per_hour = 1200;
  double canaries_per_hour = 0;  // while over half of the budget is left
  absl::Duration verdict_within = absl::Minutes(15);
  absl::Duration timeout = absl::Minutes(5);  // of one question
  int64_t filled_context = 8192;              // tokens
  HeadroomOptions headroom;
  bool localise = true;
  // The problem of this name in other numbers; null = there never are any.
  std::function<std::optional<ProblemVariant>(std::string_view id,
                                              uint64_t draw)>
      variant;
  // Called with each re-run as the problem was asked, by Step(); may be null.
  std::function<void(const RescoreJob& job, const Response& answer)> on_answer;
  // Name of a client's error; null = by its code.
  std::function<std::string(const absl::Status&)> error_name;
};

// Not owned. `watched` null = nobody can be asked.
struct RescoreEndpoints {
  ModelClient* watched = nullptr;
  std::vector<std::pair<std::string, ModelClient*>> replicas;
  ModelClient* reference = nullptr;  // serves what was tested
};

struct RescoreCounters {
  std::map<std::string, int64_t> jobs;      // "created", "finished", "dropped"
  std::map<std::string, int64_t> verdicts;  // by name
  std::map<std::string, int64_t> errors;    // by name
  int64_t samples = 0;
  int64_t tokens = 0;   // of output
  int64_t yielded = 0;  // questions given up for others' requests
  int64_t queued = 0;   // jobs that are not finished
  bool gate_open = false;
  JudgeCounters judge;  // left to whoever has one
};

// What a model's endpoint says of itself.
struct ServedRegime {
  Regime healthy;  // while all was well
  Regime now;
  absl::Time changed = absl::InfinitePast();
  absl::Time read = absl::InfinitePast();
};

// A model's canaries, and the incident that they have opened; "" = none.
struct ModelCanaries {
  CanaryWatch watch;
  std::string incident;
};

// A fingerprint that is being taken: for the store, or for an incident.
struct FingerprintProbe {
  std::string model;
  std::string incident;
  std::vector<FingerprintRun> runs;
  FingerprintRun run;
  size_t prompt = 0;
  int errors = 0;
};

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
  void Observe(const Scored& scored);
  // The operator wants the model's change: what it was like before is no
  // measure any more.
  void Forget(const std::string& model);
  // By hand. NotFound: no such problem. Returns the job's id.
  absl::StatusOr<std::string> Ask(const std::string& model, uint64_t problem);

  // Asks at most one question; returns how long nothing is to be done.
  absl::Duration Step();
  // While a question is under way: gives it up where others need the server.
  // At least twice a second, from another thread.
  void Watch();
  // Gives up the question under way and every later one.
  void Stop();

  RescoreCounters Counters() const;
  // Samples asked and wanted at most, over what is not finished: for progress.
  std::pair<int, int> Progress() const;

 private:
  struct Question {
    RescoreJob* job = nullptr;
    const RescoreProblem* problem = nullptr;
    std::string way;
    int index = 0;
  };
  struct Campaign {
    Incident incident;
    RewardSet rewards = 0;
    absl::Time begun;
    std::vector<std::string> jobs;
    std::string comparison;  // way whose samples stand in for few trials
    bool late = false;       // told that no verdict came in time
    std::optional<Verdict> verdict;  // stands; now being localised
    std::vector<Way> ways;
    bool probed = false;       // the fingerprint was compared, or can't be
    bool by_canaries = false;  // no incident stands behind it yet
  };
  struct Symptom {
    uint64_t problem = 0;
    absl::Time time;
    RescoreTrigger trigger = RescoreTrigger::kFailure;
    bool filled = false;  // late in its session, or in a full context
  };

  void TakeNotes(absl::Time now);
  void TakeNote(const Incident& incident, absl::Time now);
  void StartCampaign(const Incident& incident, absl::Time now);
  RescoreJob* AddJob(RescoreJob job);
  void MakeCanary(absl::Time now);
  void CountCanary(const RescoreJob& job, const RescoreProblem& problem,
                   absl::Time now);
  ModelCanaries& CanariesOf(const std::string& model);
  void SaveCanaries(const std::string& model);
  // Those that sound an alarm are asked in earnest, all problems together.
  void LookAtCanaries(absl::Time now);
  void ForgetNow(const std::string& model);
  ServedRegime& RegimeOf(const std::string& model);
  bool RegimeIsDue(const std::optional<Question>& question, std::string& model,
                   absl::Time now);
  void ReadRegime(const std::string& model, absl::Time now);
  std::optional<Response> QuestionOf(const Question& question) const;
  bool HasVariant(const RescoreProblem& problem) const;
  bool SaveJobs();
  void FinishJob(RescoreJob& job, std::string_view result,
                 std::string_view reason, absl::Time now);
  void FinishJobs(Campaign& campaign, std::string_view result,
                  std::string_view reason, absl::Time now);
  void LookAtDeadlines(absl::Time now);

  std::optional<Question> NextQuestion();
  std::optional<Question> NextOfCampaign(Campaign& campaign);
  std::optional<Question> NextWay(Campaign& campaign);
  std::optional<Question> NextOfGroup(RescoreJob& job);
  absl::StatusOr<SampleRequest> RequestFor(const Question& question) const;
  ModelClient* ClientFor(const std::string& way) const;
  void AskNow(const Question& question, absl::Time now);
  std::string NameOf(const absl::Status& status) const;
  void NoteLoad(const absl::Status& status);
  void Failed(const Question& question, std::string_view error, absl::Time now);
  void Sampled(const Question& question, const Response& response,
               absl::Time now);

  std::vector<GroupView> GroupsOf(const Campaign& campaign) const;
  void JudgeCampaign(Campaign& campaign, absl::Time now);
  void JudgeGroup(RescoreJob& job, absl::Time now);
  bool FailsInFilledContexts(const Incident& incident) const;
  void Conclude(Campaign& campaign, Verdict verdict, absl::Time now);
  void EndLocalising(Campaign& campaign, absl::Time now);
  void LookForProbe();
  void AskProbe(absl::Time now);
  void EndProbe(bool whole);
  void Tell(Verdict verdict);
  void Count(std::map<std::string, int64_t> RescoreCounters::*which,
             std::string_view name);

  const RescorerOptions options_;
  const RescoreEndpoints endpoints_;
  const Clock& clock_;
  const Evaluator& evaluator_;
  Store* const store_;
  const std::function<void(const Verdict&)> tell_;

  mutable Mutex mutex_;
  std::deque<Incident> notes_ ABSL_GUARDED_BY(mutex_);
  std::vector<RescoreJob> asked_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> to_forget_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::deque<Symptom>> symptoms_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const ProblemSet> problems_ ABSL_GUARDED_BY(mutex_);
  RescoreCounters counters_ ABSL_GUARDED_BY(mutex_);
  std::pair<int, int> progress_ ABSL_GUARDED_BY(mutex_);
  HeadroomGate gate_ ABSL_GUARDED_BY(mutex_);

  std::atomic<bool> asking_ = false;
  std::atomic<bool> give_up_ = false;
  std::atomic<bool> stopped_ = false;

  // Of the thread that steps.
  std::shared_ptr<const ProblemSet> set_;
  std::map<std::string, RescoreJob> jobs_;  // not finished
  std::map<std::string, int> errors_of_;    // in a row, by job
  std::set<std::string> unsaved_;
  std::vector<RescoreJob> finished_unsaved_;
  std::map<std::string, Campaign> campaigns_;    // by incident
  std::set<std::string> known_;                  // ids that were asked before
  std::map<std::string, absl::Time> concluded_;  // told just now
  std::map<std::string, int> way_errors_;        // in a row, by way
  HourlyBudget tokens_;
  HourlyBudget requests_;
  std::string blocked_ = "slow";  // why nothing was asked last
  std::string load_error_;        // why the load can't be read
  absl::Time looked_ = absl::InfinitePast();
  absl::Time not_before_ = absl::InfinitePast();
  int errors_in_a_row_ = 0;
  // Of each model as it was healthy; empty = the server tells none.
  std::map<std::string, std::vector<FingerprintRun>> fingerprints_;
  std::optional<FingerprintProbe> probe_;
  std::map<std::string, ServedRegime> regimes_;       // of the set's models
  std::map<std::string, ModelCanaries> canaries_of_;  // the same
  absl::Time next_canary_;
  uint64_t canaries_ = 0;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_RESCORER_H_
