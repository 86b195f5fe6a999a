#include "rescore/rescorer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "core/status_macros.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

// Bounds on what is kept.
constexpr size_t kMaxNotes = 1024;
constexpr size_t kMaxAsked = 1024;
constexpr size_t kMaxJobs = 4096;
constexpr size_t kMaxCampaigns = 64;
constexpr size_t kMaxKnown = 20000;
constexpr size_t kMaxSymptoms = 64;  // a model
constexpr size_t kMaxSymptomModels = 256;
constexpr size_t kMaxErrorNames = 32;

// Problems that were failed live are asked alone where they are so many.
constexpr size_t kEnoughFailures = 8;
constexpr size_t kFailureProblems = 16;

// Live failures in filled contexts that are worth a look there.
constexpr size_t kEnoughFilled = 4;

constexpr int kErrorsOfAJob = 5;
constexpr int kErrorsOfAWay = 3;
constexpr absl::Duration kLongestPause = absl::Minutes(1);
constexpr absl::Duration kLookEvery = absl::Seconds(1);
constexpr absl::Duration kIdle = absl::Seconds(1);
constexpr absl::Duration kFlush = absl::Seconds(10);
constexpr absl::Duration kSymptomsFor = absl::Hours(24);
// What the ways are asked: so many problems, so many seeds each.
constexpr size_t kWayProblems = 8;
constexpr int kWaySeeds = 4;
constexpr int kWayIndex = 1000;  // no seed of the verdict's own samples
// A context that is filled takes something from any model.
constexpr double kSaturated = .25;

// Of finished jobs whose incident still waits after a restart.
constexpr absl::Duration kUnheard = absl::Minutes(10);
// From a verdict told to its incident's next event.
constexpr absl::Duration kOnItsWay = absl::Seconds(30);
constexpr char kClosed[] = "closed";

constexpr char kBudgetFact[] = "rescore_budget";
constexpr char kCanaryFact[] = "rescore_canaries";
constexpr char kFingerprintFact[] = "rescore_fingerprint/";
constexpr char kRegimeFact[] = "rescore_regime/";
constexpr char kCanaryWatchFact[] = "rescore_canary_watch/";

constexpr absl::Duration kRegimeEvery = absl::Minutes(15);
// A change after which so long nothing was wrong is how it is now.
constexpr absl::Duration kRegimeSettles = absl::Hours(24 * 7);
constexpr size_t kMaxRegimeText = 128;
constexpr size_t kMaxForgotten = 256;

struct RegimeField {
  const char* kind;  // of ModelEvent
  std::string Regime::*value;
};
constexpr RegimeField kRegimeFields[] = {
    {"engine", &Regime::engine},
    {"fingerprint", &Regime::fingerprint},
    {"weights_version", &Regime::weights_version},
    {"template_hash", &Regime::template_hash}};

std::string PrintRegime(const ServedRegime& r) {
  std::string text = absl::StrCat(absl::ToUnixSeconds(r.changed));
  for (const Regime* regime : {&r.healthy, &r.now})
    for (const RegimeField& field : kRegimeFields)
      absl::StrAppend(&text, "\n", regime->*field.value);
  return text;
}

// What can't be read is read anew from the endpoint.
ServedRegime ParseRegime(const std::string& text) {
  const std::vector<std::string> lines = absl::StrSplit(text, '\n');
  ServedRegime r;
  int64_t changed = 0;
  if (lines.size() != 1 + 2 * std::size(kRegimeFields) ||
      !absl::SimpleAtoi(lines[0], &changed))
    return r;
  r.changed = absl::FromUnixSeconds(changed);
  size_t line = 1;
  for (Regime* regime : {&r.healthy, &r.now})
    for (const RegimeField& field : kRegimeFields)
      regime->*field.value = lines[line++];
  return r;
}

std::string JobId(std::string_view what, const std::string& model,
                  uint64_t problem) {
  return absl::StrFormat(
      "rw-%012x",
      StableHash(absl::StrFormat("%s\n%s\n%x", what, model, problem)) >> 16);
}

std::string ErrorName(const absl::Status& status) {
  return absl::AsciiStrToLower(absl::StatusCodeToString(status.code()));
}

double StatisticOf(const Incident& incident) {
  double statistic = 0;
  for (const IncidentSignal& s : incident.signals)
    if (s.open) statistic = std::max(statistic, s.finding.statistic);
  return statistic;
}

RewardSet RewardsOf(const Incident& incident) {
  RewardSet rewards = 0;
  for (const IncidentSignal& s : incident.signals)
    if (s.open) rewards |= RewardsFor(s.signal);
  return rewards;
}

bool SitsInFilledContexts(const Incident& incident) {
  for (const IncidentSignal& s : incident.signals)
    for (const std::string& stratum : s.finding.strata)
      if (stratum == "context fill 50-75 %" ||
          stratum == "context fill 75 % and over" ||
          stratum == "turns 6 and later")
        return true;
  return false;
}

bool ShowsSymptom(const Scored& s) {
  constexpr Feature kSymptoms[] = {
      Feature::kZeroThinking, Feature::kSingleSentence, Feature::kStopEmpty,
      Feature::kExactPeriod,  Feature::kGarbageRun,     Feature::kUnclosed};
  for (const Feature f : kSymptoms)
    if (s.reading(f) > 0) return true;
  return false;
}

int CountOf(const RescoreJob& job, std::string_view way) {
  return static_cast<int>(
      std::count_if(job.samples.begin(), job.samples.end(),
                    [&](const RescoreSample& s) { return s.way == way; }));
}

// Of a single problem; a canary's one sample needs none.
bool NeedsComparison(const RescoreJob& job, const RescoreProblem& problem) {
  return job.limit > 1 &&
         !EnoughTrials({{&problem, &job}}, SetOf(Reward::kOutcome));
}

bool HasSample(const RescoreJob& job, std::string_view way, int index) {
  return std::any_of(
      job.samples.begin(), job.samples.end(),
      [&](const RescoreSample& s) { return s.way == way && s.index == index; });
}

}  // namespace

Rescorer::Rescorer(RescorerOptions options, RescoreEndpoints endpoints,
                   const Clock& clock, const Evaluator& evaluator, Store* store,
                   std::function<void(const Verdict&)> tell)
    : options_(std::move(options)),
      endpoints_(std::move(endpoints)),
      clock_(clock),
      evaluator_(evaluator),
      store_(store),
      tell_(std::move(tell)),
      gate_(options_.headroom),
      tokens_(options_.tokens_per_hour, clock.Now()),
      requests_(options_.requests_per_hour, clock.Now()),
      next_canary_(clock.Now()) {}

void Rescorer::SetProblems(std::shared_ptr<const ProblemSet> problems) {
  MutexLock lock(mutex_);
  problems_ = std::move(problems);
}

void Rescorer::Count(std::map<std::string, int64_t> RescoreCounters::*which,
                     std::string_view name) {
  MutexLock lock(mutex_);
  auto& counts = counters_.*which;
  const std::string key(name);
  ++counts[counts.size() < kMaxErrorNames || counts.contains(key) ? key
                                                                  : "other"];
}

absl::Status Rescorer::Resume(const std::vector<Incident>& incidents) {
  if (store_ == nullptr) return absl::OkStatus();
  RW_ASSIGN_OR_RETURN(std::vector<RescoreJob> all,
                      store_->LoadRescoreJobs(/*unfinished_only=*/false, 0));
  std::map<std::string, const Incident*> open;
  for (const Incident& incident : incidents)
    if (incident.open()) open[incident.id] = &incident;
  const absl::Time now = clock_.Now();
  for (RescoreJob& job : all) {
    known_.insert(job.id);
    const auto it = open.find(job.incident);
    const bool pending =
        it != open.end() && it->second->confirmation == Confirmation::kPending;
    // Finished, but the incident never heard of it: judged again as it stands.
    if (job.done() && pending && job.reason != kClosed &&
        now - job.finished <= kUnheard)
      job.finished = absl::InfiniteFuture();
    if (job.done()) continue;
    if (!job.incident.empty() && it == open.end()) {
      FinishJob(job, VerdictName(VerdictKind::kUndecided), kClosed, now);
      continue;
    }
    std::string id = job.id;
    jobs_.emplace(std::move(id), std::move(job));
  }
  const auto budget = store_->LoadFact(kBudgetFact);
  if (budget.ok()) {
    const std::vector<std::string> parts = absl::StrSplit(*budget, ' ');
    double tokens = 0;
    double requests = 0;
    int64_t then = 0;
    if (parts.size() == 3 && absl::SimpleAtod(parts[0], &tokens) &&
        absl::SimpleAtod(parts[1], &requests) &&
        absl::SimpleAtoi(parts[2], &then)) {
      tokens_.Restore(tokens, absl::FromUnixNanos(then), now);
      requests_.Restore(requests, absl::FromUnixNanos(then), now);
    }
  }
  const auto canaries = store_->LoadFact(kCanaryFact);
  if (canaries.ok() && !absl::SimpleAtoi(*canaries, &canaries_)) canaries_ = 0;
  for (const auto& [id, incident] : open) {
    Note(*incident);
    if (CanariesOf(incident->model).incident != id ||
        options_.canaries_per_hour > 0)
      continue;
    // Nobody will ask again whether it is over.
    Verdict none;
    none.kind = VerdictKind::kUnavailable;
    none.incident = id;
    none.model = incident->model;
    none.reason = "no_canaries";
    none.trigger = RescoreTrigger::kCanary;
    none.time = now;
    Tell(std::move(none));
  }
  return absl::OkStatus();
}

void Rescorer::Forget(const std::string& model) {
  MutexLock lock(mutex_);
  if (to_forget_.size() < kMaxForgotten) to_forget_.insert(model);
}

void Rescorer::ForgetNow(const std::string& model) {
  fingerprints_.erase(model);
  if (probe_.has_value() && probe_->model == model) probe_.reset();
  regimes_[model] = ServedRegime();
  canaries_of_[model] = ModelCanaries();
  if (store_ == nullptr) return;
  for (const char* fact : {kFingerprintFact, kRegimeFact, kCanaryWatchFact})
    store_->PutFact(fact + model, "").IgnoreError();
}

void Rescorer::Note(const Incident& incident) {
  MutexLock lock(mutex_);
  // The latest state of an incident is all that counts.
  for (Incident& note : notes_) {
    if (note.id != incident.id) continue;
    note = incident;
    return;
  }
  if (notes_.size() >= kMaxNotes) {
    ++counters_.jobs["dropped"];
    return;
  }
  notes_.push_back(incident);
}

void Rescorer::Observe(const Scored& s) {
  if (s.origin != Origin::kLive || s.match.kind == MatchKind::kNone) return;
  const bool exact = s.match.kind == MatchKind::kExact;
  if (exact ? s.grade != Grade::kIncorrect : !ShowsSymptom(s)) return;
  // A prompt that is only like a problem of the baseline can't be graded; the
  // problem that it is like can.
  const uint64_t problem = exact ? s.match.problem : s.match.neighbour;
  const absl::Time time = s.start;
  MutexLock lock(mutex_);
  if (symptoms_.size() >= kMaxSymptomModels && !symptoms_.contains(s.model))
    return;
  std::deque<Symptom>& of_model = symptoms_[s.model];
  RescoreTrigger trigger =
      exact ? RescoreTrigger::kFailure : RescoreTrigger::kNear;
  std::erase_if(of_model, [&](const Symptom& old) {
    if (old.problem != problem) return false;
    // That it was failed itself says more.
    if (old.trigger == RescoreTrigger::kFailure) trigger = old.trigger;
    return true;
  });
  if (of_model.size() >= kMaxSymptoms) of_model.pop_front();
  of_model.push_back(
      {problem, time, trigger, s.stratum.turn >= 2 || s.stratum.fill >= 1});
}

absl::StatusOr<std::string> Rescorer::Ask(const std::string& model,
                                          uint64_t problem) {
  const absl::Time now = clock_.Now();
  MutexLock lock(mutex_);
  if (problems_ == nullptr || problems_->Find(model, problem) == nullptr)
    return absl::NotFoundError(
        absl::StrFormat("the baseline of %s has no such problem", model));
  if (asked_.size() >= kMaxAsked)
    return absl::ResourceExhaustedError("too many problems wait already");
  RescoreJob job;
  job.id = JobId(absl::StrFormat("manual %d", absl::ToUnixNanos(now)), model,
                 problem);
  job.model = model;
  job.problem = problem;
  job.trigger = RescoreTrigger::kManual;
  job.created = now;
  job.limit = options_.group;
  asked_.push_back(job);
  return job.id;
}

RescoreJob* Rescorer::AddJob(RescoreJob job) {
  const auto known = jobs_.find(job.id);
  if (known != jobs_.end()) return &known->second;
  if (known_.contains(job.id)) return nullptr;
  if (jobs_.size() >= kMaxJobs) {
    Count(&RescoreCounters::jobs, "dropped");
    return nullptr;
  }
  // Old ids are forgotten in no order: they hold their day in their hash, so
  // that one that comes again is long past.
  if (known_.size() >= kMaxKnown) known_.erase(known_.begin());
  known_.insert(job.id);
  unsaved_.insert(job.id);
  Count(&RescoreCounters::jobs, "created");
  std::string id = job.id;
  return &jobs_.emplace(std::move(id), std::move(job)).first->second;
}

// What can't be written now is tried again; nothing is asked meanwhile.
bool Rescorer::SaveJobs() {
  if (store_ == nullptr) {
    unsaved_.clear();
    finished_unsaved_.clear();
    return true;
  }
  if (unsaved_.empty() && finished_unsaved_.empty()) return true;
  while (!finished_unsaved_.empty()) {
    if (!store_->PutRescoreJob(finished_unsaved_.back()).ok()) break;
    finished_unsaved_.pop_back();
  }
  for (auto it = unsaved_.begin(); it != unsaved_.end();) {
    const auto job = jobs_.find(*it);
    if (job != jobs_.end() && !store_->PutRescoreJob(job->second).ok()) break;
    it = unsaved_.erase(it);
  }
  const absl::Status flushed = store_->Flush(kFlush);
  if (!flushed.ok()) {
    // Whatever of it did not reach the disk is written once more.
    for (const auto& [id, job] : jobs_) unsaved_.insert(id);
  }
  if (unsaved_.empty() && finished_unsaved_.empty()) return true;
  Count(&RescoreCounters::errors, "not_stored");
  return false;
}

void Rescorer::FinishJob(RescoreJob& job, std::string_view result,
                         std::string_view reason, absl::Time now) {
  job.finished = now;
  job.result = result;
  job.reason = reason;
  Count(&RescoreCounters::jobs, "finished");
  finished_unsaved_.push_back(job);
  errors_of_.erase(job.id);
  unsaved_.erase(job.id);
}

void Rescorer::FinishJobs(Campaign& campaign, std::string_view result,
                          std::string_view reason, absl::Time now) {
  for (const std::string& id : campaign.jobs) {
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) continue;
    FinishJob(it->second, result, reason, now);
    jobs_.erase(it);
  }
}

void Rescorer::TakeNotes(absl::Time now) {
  std::deque<Incident> notes;
  std::vector<RescoreJob> asked;
  std::set<std::string> to_forget;
  {
    MutexLock lock(mutex_);
    notes.swap(notes_);
    asked.swap(asked_);
    to_forget.swap(to_forget_);
    set_ = problems_;
  }
  for (const std::string& model : to_forget) ForgetNow(model);
  for (RescoreJob& job : asked) AddJob(std::move(job));
  for (const Incident& incident : notes) TakeNote(incident, now);
}

void Rescorer::TakeNote(const Incident& incident, absl::Time now) {
  if (ModelCanaries& canaries = CanariesOf(incident.model);
      !incident.open() && canaries.incident == incident.id) {
    canaries = ModelCanaries();
    SaveCanaries(incident.model);
  }
  const auto it = campaigns_.find(incident.id);
  if (it != campaigns_.end()) {
    Campaign& campaign = it->second;
    if (!incident.open()) {
      FinishJobs(campaign, VerdictName(VerdictKind::kUndecided), kClosed, now);
      campaigns_.erase(it);
      return;
    }
    campaign.incident = incident;
    if (!campaign.verdict.has_value()) campaign.rewards |= RewardsOf(incident);
    return;
  }
  if (!incident.open()) return;
  // What was told just now may not have reached the incident yet.
  if (const auto told = concluded_.find(incident.id);
      told != concluded_.end() && now - told->second <= kOnItsWay)
    return;
  // Confirmed by an earlier run, which did not come to an end.
  const bool half_done =
      incident.confirmation == Confirmation::kConfirmed &&
      incident.verdict.has_value() &&
      std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& job) {
        return job.second.incident == incident.id;
      });
  if (incident.confirmation == Confirmation::kPending || half_done)
    StartCampaign(incident, now);
}

void Rescorer::StartCampaign(const Incident& incident, absl::Time now) {
  Verdict none;
  none.incident = incident.id;
  none.model = incident.model;
  none.kind = VerdictKind::kUnavailable;
  none.statistic = StatisticOf(incident);
  none.pass_rate = std::numeric_limits<double>::quiet_NaN();
  none.baseline_pass_rate = std::numeric_limits<double>::quiet_NaN();
  none.time = now;
  const bool by_canaries = CanariesOf(incident.model).incident == incident.id;
  if (endpoints_.watched == nullptr) {
    none.reason = "no_endpoint";
    return Tell(std::move(none));
  }
  if (campaigns_.size() >= kMaxCampaigns) {
    Count(&RescoreCounters::jobs, "dropped");
    none.reason = "too_many";
    if (!by_canaries) Tell(std::move(none));
    return;
  }
  Campaign campaign;
  campaign.incident = incident;
  campaign.rewards = RewardsOf(incident);
  campaign.begun = now;
  campaign.by_canaries = by_canaries;
  for (const auto& [id, job] : jobs_) {
    if (job.incident != incident.id) continue;
    campaign.jobs.push_back(id);
    campaign.begun = std::min(campaign.begun, job.created);
  }
  if (campaign.jobs.empty() && set_ != nullptr) {
    std::vector<std::pair<uint64_t, RescoreTrigger>> chosen;
    std::set<uint64_t> taken;
    std::deque<Symptom> symptoms;
    {
      MutexLock lock(mutex_);
      const auto it = symptoms_.find(incident.model);
      if (it != symptoms_.end()) symptoms = it->second;
    }
    for (const RescoreTrigger trigger :
         {RescoreTrigger::kFailure, RescoreTrigger::kNear})
      for (auto s = symptoms.rbegin(); s != symptoms.rend(); ++s)
        if (s->trigger == trigger && s->time >= incident.onset_time &&
            incident.updated - s->time <= kSymptomsFor &&
            set_->Find(incident.model, s->problem) != nullptr &&
            taken.insert(s->problem).second)
          chosen.emplace_back(s->problem, trigger);
    // Where answers fail, the problems that fail are what is to be asked.
    const bool answers = campaign.rewards == SetOf(Reward::kOutcome);
    size_t wanted = kIncidentProblems;
    if (answers && !chosen.empty())
      wanted =
          chosen.size() >= kEnoughFailures ? chosen.size() : kFailureProblems;
    for (const RescoreProblem* p :
         set_->SolvedOf(incident.model, StableHash(incident.id))) {
      if (chosen.size() >= wanted) break;
      if (taken.insert(p->digest).second)
        chosen.emplace_back(p->digest, by_canaries ? RescoreTrigger::kCanary
                                                   : RescoreTrigger::kIncident);
    }
    for (const auto& [problem, trigger] : chosen) {
      RescoreJob job;
      // Reopened, it is asked anew.
      job.id =
          JobId(absl::StrFormat("%s %d", incident.id, absl::ToUnixSeconds(now)),
                incident.model, problem);
      job.incident = incident.id;
      job.model = incident.model;
      job.problem = problem;
      job.trigger = trigger;
      job.created = now;
      job.limit = options_.group;
      if (const RescoreJob* added = AddJob(std::move(job)); added != nullptr)
        campaign.jobs.push_back(added->id);
    }
  }
  // The same order after a restart, so that what was under way comes first.
  std::sort(campaign.jobs.begin(), campaign.jobs.end());
  if (GroupsOf(campaign).empty()) {
    none.reason = "no_problem";
    FinishJobs(campaign, VerdictName(none.kind), none.reason, now);
    if (!by_canaries) Tell(std::move(none));
    return;
  }
  if (!EnoughTrials(GroupsOf(campaign), campaign.rewards))
    campaign.comparison =
        endpoints_.reference != nullptr ? kReference : kFreshCache;
  if (incident.verdict.has_value() &&
      incident.confirmation == Confirmation::kConfirmed)
    Conclude(campaign, *incident.verdict, now);
  Campaign& added =
      campaigns_.emplace(incident.id, std::move(campaign)).first->second;
  // An earlier run may have ended between the last sample and its verdict.
  if (!added.verdict.has_value()) JudgeCampaign(added, now);
}

ModelCanaries& Rescorer::CanariesOf(const std::string& model) {
  const auto [it, fresh] = canaries_of_.try_emplace(model);
  if (!fresh || store_ == nullptr) return it->second;
  const auto stored = store_->LoadFact(kCanaryWatchFact + model);
  if (!stored.ok()) return it->second;
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(*stored, absl::MaxSplits('\n', 1));
  if (it->second.watch.Parse(parts.second)) it->second.incident = parts.first;
  return it->second;
}

void Rescorer::SaveCanaries(const std::string& model) {
  if (store_ == nullptr) return;
  const ModelCanaries& canaries = CanariesOf(model);
  store_
      ->PutFact(kCanaryWatchFact + model,
                absl::StrCat(canaries.incident, "\n", canaries.watch.Print()))
      .IgnoreError();
}

void Rescorer::CountCanary(const RescoreJob& job, const RescoreProblem& problem,
                           absl::Time now) {
  const int8_t outcome = job.samples.front().rewards[0];
  if (outcome < 0) return;
  ModelCanaries& canaries = CanariesOf(job.model);
  // Nothing but the schedule has picked it.
  const FailurePosterior healthy =
      PosteriorOf(set_->PriorOf(job.model, Reward::kOutcome), problem.trials[0],
                  /*chosen_for_failing=*/false);
  canaries.watch.Add(healthy.rate(), outcome == 0);
  if (!canaries.incident.empty() && canaries.watch.recovered() &&
      !campaigns_.contains(canaries.incident)) {
    Verdict v;
    v.kind = VerdictKind::kNotReproduced;
    v.incident = std::exchange(canaries.incident, "");
    v.model = job.model;
    v.reason = "canaries";
    v.trigger = RescoreTrigger::kCanary;
    v.time = now;
    canaries.watch.Restart();
    Tell(std::move(v));
  }
  SaveCanaries(job.model);
}

void Rescorer::LookAtCanaries(absl::Time now) {
  if (set_ == nullptr || options_.canaries_per_hour <= 0) return;
  for (auto& [model, canaries] : canaries_of_) {
    if (!canaries.watch.alarm() || !canaries.incident.empty()) continue;
    // Live evidence is being looked into already.
    const std::string& name = model;
    if (std::any_of(campaigns_.begin(), campaigns_.end(), [&](const auto& c) {
          return c.second.incident.model == name;
        }))
      continue;
    Incident incident;
    incident.id = absl::StrFormat(
        "inc-%012x", StableHash(absl::StrFormat("canaries\n%s\n%d", model,
                                                absl::ToUnixNanos(now))) >>
                         16);
    incident.model = model;
    incident.scope = Scope::kModel;
    incident.opened = now;
    incident.updated = now;
    incident.onset_time = now;
    IncidentSignal& signal = incident.signals.emplace_back();
    signal.signal = Signal::kConsistencyRegression;
    canaries.incident = incident.id;
    canaries.watch.Restart();
    StartCampaign(incident, now);
    // It can't be asked in earnest, or has ended at once.
    if (!campaigns_.contains(incident.id)) canaries.incident.clear();
  }
}

ServedRegime& Rescorer::RegimeOf(const std::string& model) {
  const auto [it, fresh] = regimes_.try_emplace(model);
  if (!fresh || store_ == nullptr) return it->second;
  const auto stored = store_->LoadFact(kRegimeFact + model);
  if (stored.ok()) it->second = ParseRegime(*stored);
  return it->second;
}

bool Rescorer::RegimeIsDue(const std::optional<Question>& question,
                           std::string& model, absl::Time now) {
  // Before each group, and on schedule.
  if (question.has_value() && question->job->limit > 1 &&
      RegimeOf(question->job->model).read < question->job->created) {
    model = question->job->model;
    return true;
  }
  for (const std::string& name : set_->Models()) {
    if (now - RegimeOf(name).read < kRegimeEvery) continue;
    model = name;
    return true;
  }
  return false;
}

void Rescorer::ReadRegime(const std::string& model, absl::Time now) {
  ServedRegime& served = RegimeOf(model);
  served.read = now;
  // Servers that don't tell it are asked for a token.
  requests_.Take(1);
  tokens_.Take(1);
  const absl::StatusOr<Regime> read = endpoints_.watched->ReadRegime(model);
  if (!read.ok()) return Count(&RescoreCounters::errors, "regime");
  const bool well = campaigns_.empty();
  bool news = false;
  for (const RegimeField& field : kRegimeFields) {
    std::string value = (*read.*field.value).substr(0, kMaxRegimeText);
    std::replace(value.begin(), value.end(), '\n', ' ');
    if (value.empty()) continue;
    std::string& before = served.now.*field.value;
    if (before != value && !before.empty()) {
      served.changed = now;
      ModelEvent event;
      event.time = now;
      event.model = model;
      event.kind = field.kind;
      event.old_value = before;
      event.new_value = value;
      event.note = "read from the endpoint";
      // Live traffic may have shown it since the endpoint was read last.
      const auto told =
          store_ == nullptr
              ? absl::StatusOr<std::vector<ModelEvent>>(
                    absl::UnavailableError(""))
              : store_->LoadEvents(model, now - 2 * kRegimeEvery, now, 100);
      const bool known =
          told.ok() &&
          std::any_of(told->begin(), told->end(), [&](const ModelEvent& e) {
            return e.kind == event.kind && e.new_value == event.new_value;
          });
      if (!known && store_ != nullptr) store_->PutEvent(event).IgnoreError();
    }
    news = news || before != value;
    before = value;
    if ((served.healthy.*field.value).empty() && well) {
      served.healthy.*field.value = value;
      news = true;
    }
  }
  if (well && served.healthy != served.now &&
      now - served.changed >= kRegimeSettles) {
    served.healthy = served.now;
    news = true;
  }
  if (news && store_ != nullptr)
    store_->PutFact(kRegimeFact + model, PrintRegime(served)).IgnoreError();
}

void Rescorer::MakeCanary(absl::Time now) {
  if (options_.canaries_per_hour <= 0 || set_ == nullptr || now < next_canary_)
    return;
  next_canary_ = now + absl::Hours(1 / options_.canaries_per_hour);
  if (tokens_.level(now) < options_.tokens_per_hour / 2) return;
  // One at a time: behind a shut gate they would only heap up.
  for (const auto& [id, job] : jobs_)
    if (job.trigger == RescoreTrigger::kCanary) return;
  const std::vector<std::string> models = set_->Models();
  if (models.empty()) return;
  const uint64_t turn = canaries_++;
  const std::string& model = models[turn % models.size()];
  const auto solved = set_->SolvedOf(model, /*seed=*/0);
  if (solved.empty()) return;
  const RescoreProblem& problem = *solved[turn / models.size() % solved.size()];
  RescoreJob job;
  job.id = JobId(absl::StrFormat("canary %d", absl::ToUnixSeconds(now)), model,
                 problem.digest);
  job.model = model;
  job.problem = problem.digest;
  job.trigger = RescoreTrigger::kCanary;
  job.created = now;
  job.limit = 1;
  AddJob(std::move(job));
  if (store_ != nullptr)
    store_->PutFact(kCanaryFact, absl::StrCat(canaries_)).IgnoreError();
}

void Rescorer::LookAtDeadlines(absl::Time now) {
  for (auto& [id, campaign] : campaigns_) {
    if (campaign.late || campaign.by_canaries || campaign.verdict.has_value() ||
        now - campaign.begun < options_.verdict_within)
      continue;
    campaign.late = true;
    Verdict v = Judge(*set_, GroupsOf(campaign), campaign.rewards,
                      kIncidentBounds, kIncidentCap, campaign.comparison);
    v.kind = VerdictKind::kUnavailable;
    v.reason = blocked_;
    v.incident = id;
    v.model = campaign.incident.model;
    v.statistic = StatisticOf(campaign.incident);
    v.time = now;
    Tell(std::move(v));
  }
}

std::string Rescorer::NameOf(const absl::Status& status) const {
  return options_.error_name ? options_.error_name(status) : ErrorName(status);
}

// A load that can't be read shuts the gate, so nothing is asked that would tell
// why. Counted when it begins, not at every look.
void Rescorer::NoteLoad(const absl::Status& status) {
  const std::string error =
      status.ok() || absl::IsUnimplemented(status) ? "" : NameOf(status);
  if (error == load_error_) return;
  load_error_ = error;
  if (!error.empty()) Count(&RescoreCounters::errors, error);
}

absl::Duration Rescorer::Step() {
  const absl::Time now = clock_.Now();
  TakeNotes(now);
  if (set_ != nullptr) LookAtDeadlines(now);
  LookAtCanaries(now);
  MakeCanary(now);
  const bool saved = SaveJobs();
  if (now - looked_ >= kLookEvery && endpoints_.watched != nullptr) {
    looked_ = now;
    const auto load = endpoints_.watched->Load();
    NoteLoad(load.status());
    MutexLock lock(mutex_);
    gate_.Update(now, load, /*own=*/0);
    counters_.gate_open = gate_.open();
  }
  if (!saved || stopped_ || endpoints_.watched == nullptr || set_ == nullptr)
    return kIdle;
  if (now < not_before_) return std::min(kIdle, not_before_ - now);
  const std::optional<Question> question = NextQuestion();
  if (!question.has_value()) LookForProbe();
  std::string model;
  const bool read_regime = RegimeIsDue(question, model, now);
  {
    MutexLock lock(mutex_);
    counters_.queued = static_cast<int64_t>(jobs_.size());
    progress_ = {0, 0};
    for (const auto& [id, job] : jobs_) {
      progress_.first += CountOf(job, "");
      progress_.second += job.limit;
    }
    if (!gate_.open())
      blocked_ = load_error_.empty() ? "gate_shut" : load_error_;
    if (!question.has_value() && !probe_.has_value() && !read_regime)
      return kIdle;
    if (!gate_.open()) return kIdle;
  }
  if (!tokens_.Allows(now) || !requests_.Allows(now)) {
    blocked_ = "budget";
    return kIdle;
  }
  if (read_regime) {
    ReadRegime(model, now);
  } else if (question.has_value()) {
    AskNow(*question, now);
  } else {
    AskProbe(now);
  }
  return absl::ZeroDuration();
}

// Of a model that has none stored, while nothing is wrong.
void Rescorer::LookForProbe() {
  if (probe_.has_value() || !campaigns_.empty()) return;
  for (const std::string& model : set_->Models()) {
    if (fingerprints_.contains(model)) continue;
    if (store_ != nullptr) {
      const auto stored = store_->LoadFact(kFingerprintFact + model);
      auto runs =
          stored.ok()
              ? ParseFingerprint(*stored)
              : absl::StatusOr<std::vector<FingerprintRun>>(stored.status());
      if (runs.ok()) {
        fingerprints_[model] = *std::move(runs);
        continue;
      }
    }
    probe_.emplace().model = model;
    return;
  }
}

void Rescorer::AskProbe(absl::Time now) {
  FingerprintProbe& probe = *probe_;
  SampleRequest r;
  r.model = probe.model;
  r.messages_json = FingerprintPrompts()[probe.prompt];
  r.temperature = 0;
  r.max_tokens = kFingerprintTokens;
  r.top_logprobs = 1;
  r.timeout = options_.timeout;
  r.id = absl::StrFormat(
      "rw-probe-%08x",
      StableHash(absl::StrFormat("%s %d %d %d", probe.model, probe.prompt,
                                 probe.runs.size(), absl::ToUnixNanos(now))) >>
          32);
  r.stop = &give_up_;
  give_up_ = false;
  asking_ = true;
  if (stopped_) give_up_ = true;
  requests_.Take(1);
  tokens_.Take(kFingerprintTokens);
  const auto answer = endpoints_.watched->Sample(r);
  asking_ = false;
  if (absl::IsCancelled(answer.status()) && give_up_) {
    MutexLock lock(mutex_);
    ++counters_.yielded;
    return;
  }
  if (!answer.ok() || answer->empty()) {
    Count(&RescoreCounters::errors, "probe");
    not_before_ = clock_.Now() + kLongestPause;
    if (++probe.errors >= kErrorsOfAWay) EndProbe(/*whole=*/false);
    return;
  }
  const auto logprobs = ReadLogprobs(answer->front().body);
  // A server that gives none will give none.
  if (!logprobs.ok()) return EndProbe(/*whole=*/false);
  probe.run.insert(probe.run.end(), logprobs->begin(), logprobs->end());
  if (++probe.prompt < FingerprintPrompts().size()) return;
  probe.prompt = 0;
  probe.runs.push_back(std::exchange(probe.run, {}));
  if (probe.runs.size() >= kFingerprintRuns) EndProbe(/*whole=*/true);
}

void Rescorer::EndProbe(bool whole) {
  const FingerprintProbe probe = *std::exchange(probe_, std::nullopt);
  if (!probe.incident.empty()) {
    const auto it = campaigns_.find(probe.incident);
    if (it == campaigns_.end()) return;
    it->second.probed = true;
    if (whole && it->second.verdict.has_value())
      it->second.verdict->fingerprint_p =
          FingerprintPValue(fingerprints_[probe.model], probe.runs);
    return;
  }
  // An incident may have begun meanwhile: then it is not known to be healthy.
  if (whole && !campaigns_.empty()) return;
  fingerprints_[probe.model] =
      whole ? probe.runs : std::vector<FingerprintRun>();
  if (whole && store_ != nullptr)
    store_
        ->PutFact(kFingerprintFact + probe.model, PrintFingerprint(probe.runs))
        .IgnoreError();
}

std::optional<Rescorer::Question> Rescorer::NextQuestion() {
  const absl::Time now = clock_.Now();
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    RescoreJob& job = (it++)->second;
    if (job.trigger != RescoreTrigger::kManual) continue;
    if (auto question = NextOfGroup(job)) return question;
  }
  std::vector<Campaign*> oldest_first;
  for (auto& [id, campaign] : campaigns_) oldest_first.push_back(&campaign);
  std::stable_sort(
      oldest_first.begin(), oldest_first.end(),
      [](const Campaign* a, const Campaign* b) { return a->begun < b->begun; });
  for (Campaign* campaign : oldest_first) {
    if (campaign->verdict.has_value()) continue;
    if (auto question = NextOfCampaign(*campaign)) return question;
    // Everything was asked that can be.
    JudgeCampaign(*campaign, now);
  }
  for (Campaign* campaign : oldest_first) {
    if (!campaign->verdict.has_value()) continue;
    if (auto question = NextWay(*campaign)) return question;
    EndLocalising(*campaign, now);
  }
  for (auto it = jobs_.begin(); it != jobs_.end();) {
    RescoreJob& job = (it++)->second;
    if (!job.incident.empty() || job.trigger == RescoreTrigger::kManual)
      continue;
    if (auto question = NextOfGroup(job)) return question;
  }
  return std::nullopt;
}

std::vector<GroupView> Rescorer::GroupsOf(const Campaign& campaign) const {
  std::vector<GroupView> groups;
  if (set_ == nullptr) return groups;
  for (const std::string& id : campaign.jobs) {
    const auto it = jobs_.find(id);
    if (it == jobs_.end()) continue;
    const RescoreProblem* problem =
        set_->Find(it->second.model, it->second.problem);
    if (problem != nullptr) groups.push_back({problem, &it->second});
  }
  return groups;
}

std::optional<Rescorer::Question> Rescorer::NextOfCampaign(Campaign& campaign) {
  Question next;
  int fewest = std::numeric_limits<int>::max();
  int asked = 0;
  for (const GroupView& g : GroupsOf(campaign)) {
    RescoreJob& job = jobs_.at(g.job->id);
    const int count = CountOf(job, "");
    asked += count;
    if (errors_of_[job.id] >= kErrorsOfAJob) continue;
    if (!campaign.comparison.empty()) {
      const int compared = CountOf(job, campaign.comparison);
      if (compared < count && compared < fewest) {
        fewest = compared;
        next = {&job, g.problem, campaign.comparison, compared};
        continue;
      }
    }
    if (count >= job.limit || count >= fewest) continue;
    fewest = count;
    next = {&job, g.problem, "", count};
  }
  if (next.job == nullptr || asked >= kIncidentCap) return std::nullopt;
  // Told already that no verdict came, and nobody answers.
  if (campaign.late && errors_in_a_row_ >= kErrorsOfAJob) return std::nullopt;
  return next;
}

std::optional<Rescorer::Question> Rescorer::NextOfGroup(RescoreJob& job) {
  const RescoreProblem* problem = set_->Find(job.model, job.problem);
  const absl::Time now = clock_.Now();
  if (problem == nullptr) {
    FinishJob(job, VerdictName(VerdictKind::kUndecided), "no_problem", now);
    jobs_.erase(std::string(job.id));
    return std::nullopt;
  }
  const int count = CountOf(job, "");
  const bool few = NeedsComparison(job, *problem);
  if (count >= job.limit || errors_of_[job.id] >= kErrorsOfAJob ||
      (few && endpoints_.reference == nullptr)) {
    JudgeGroup(job, now);
    return std::nullopt;
  }
  if (const int compared = CountOf(job, kReference); few && compared < count)
    return Question{&job, problem, kReference, compared};
  return Question{&job, problem, "", count};
}

std::optional<Rescorer::Question> Rescorer::NextWay(Campaign& campaign) {
  if (campaign.ways.empty()) return std::nullopt;
  std::vector<RescoreJob*> jobs;
  for (const GroupView& g : GroupsOf(campaign))
    jobs.push_back(&jobs_.at(g.job->id));
  // Where it failed there is something to be found; both sides are asked
  // afresh, so this choice favours neither.
  const auto failures = [](const RescoreJob* job) {
    int count = 0;
    for (const RescoreSample& s : job->samples)
      count += s.way.empty() &&
               std::count(s.rewards.begin(), s.rewards.end(), 0) > 0;
    return count;
  };
  std::stable_sort(jobs.begin(), jobs.end(),
                   [&](const RescoreJob* a, const RescoreJob* b) {
                     return failures(a) > failures(b);
                   });
  // Where nothing failed only the variants can tell something.
  if (campaign.verdict->kind == VerdictKind::kNotReproduced &&
      campaign.ways.back().name == kVariant)
    std::stable_partition(jobs.begin(), jobs.end(), [&](const RescoreJob* job) {
      return HasVariant(*set_->Find(job->model, job->problem));
    });
  if (jobs.size() > kWayProblems) jobs.resize(kWayProblems);
  // Few problems are asked more often.
  const int seeds =
      kWaySeeds *
      static_cast<int>(kWayProblems / std::max<size_t>(1, jobs.size()));
  for (int seed = 0; seed < seeds; ++seed) {
    for (RescoreJob* job : jobs) {
      const RescoreProblem* problem = set_->Find(job->model, job->problem);
      const int index = kWayIndex + seed;
      if (!HasSample(*job, kAgain, index) &&
          way_errors_[kAgain] < kErrorsOfAWay)
        return Question{job, problem, kAgain, index};
      for (const Way& way : campaign.ways)
        if (!HasSample(*job, way.name, index) &&
            way_errors_[way.name] < kErrorsOfAWay &&
            (way.name != kVariant || HasVariant(*problem)))
          return Question{job, problem, way.name, index};
    }
  }
  return std::nullopt;
}

ModelClient* Rescorer::ClientFor(const std::string& way) const {
  if (way == kReference) return endpoints_.reference;
  for (const auto& [name, client] : endpoints_.replicas)
    if (way == kReplicaPrefix + name) return client;
  return endpoints_.watched;
}

std::optional<Response> Rescorer::QuestionOf(const Question& q) const {
  if (q.way != kVariant) return q.problem->question;
  const auto variant = options_.variant(
      q.problem->id,
      StableHash(absl::StrFormat("%x %d", q.problem->digest, q.index)));
  if (!variant.has_value()) return std::nullopt;
  return AskVariant(q.problem->question, *variant);
}

bool Rescorer::HasVariant(const RescoreProblem& problem) const {
  return options_.variant != nullptr &&
         QuestionOf({nullptr, &problem, kVariant, 0}).has_value();
}

absl::StatusOr<SampleRequest> Rescorer::RequestFor(const Question& q) const {
  const std::optional<Response> asked = QuestionOf(q);
  if (!asked.has_value()) return absl::NotFoundError("no such variant");
  const Response& question = *asked;
  SampleRequest r;
  r.model = question.model;
  // As a chat, as a tap sees it: a prompt is the last user message there.
  int64_t filled = q.way == kFilledContext ? options_.filled_context : 0;
  // A server refuses what is over its window.
  if (filled > 0 && question.context_window > 0)
    filled = std::min(filled, question.context_window / 2);
  RW_ASSIGN_OR_RETURN(r.messages_json, FillContext(question, filled));
  const double unstated = std::numeric_limits<double>::quiet_NaN();
  r.temperature = question.sampling.temperature.value_or(unstated);
  r.top_p = question.sampling.top_p.value_or(unstated);
  r.max_tokens = q.problem->max_tokens;
  r.thinking = question.intent.thinking;
  r.effort = question.intent.effort;
  r.stream = question.streamed;
  // The same seed in every way, so that the pairs are alike but for the way.
  r.seed = static_cast<int64_t>(
      StableHash(absl::StrFormat("%x %d", q.problem->digest, q.index)) >> 33);
  r.id = absl::StrFormat(
      "%s-%08x", q.job->id,
      StableHash(absl::StrFormat("%s %d", q.way, q.index)) >> 32);
  if (q.way == kFreshCache) r.cache_salt = r.id;
  if (q.way == kOtherStream) r.stream = !r.stream;
  if (q.way == kThinkingOn) r.thinking = Thinking::kOn;
  r.timeout = options_.timeout;
  r.stop = &give_up_;
  return r;
}

void Rescorer::AskNow(const Question& question, absl::Time now) {
  ModelClient* client = ClientFor(question.way);
  const absl::StatusOr<SampleRequest> request = RequestFor(question);
  if (!request.ok()) return Failed(question, "bad_question", now);
  give_up_ = false;
  asking_ = true;
  // Stop() may have come before asking_ was seen.
  if (stopped_) give_up_ = true;
  requests_.Take(1);
  const absl::StatusOr<std::vector<Response>> answer = client->Sample(*request);
  asking_ = false;
  const absl::Time after = clock_.Now();
  if (absl::IsCancelled(answer.status()) && give_up_) {
    MutexLock lock(mutex_);
    ++counters_.yielded;
    return;
  }
  if (!answer.ok()) return Failed(question, NameOf(answer.status()), after);
  if (answer->empty()) return Failed(question, "no_response", after);
  const Response& first = answer->front();
  if (first.http_status >= 400)
    return Failed(question, absl::StrFormat("http_%d", first.http_status),
                  after);
  Sampled(question, first, after);
}

void Rescorer::Failed(const Question& question, std::string_view error,
                      absl::Time now) {
  Count(&RescoreCounters::errors, error);
  blocked_ = error;
  if (question.way.empty()) {
    ++errors_of_[question.job->id];
  } else {
    ++way_errors_[question.way];
    ++errors_of_[question.job->id];
  }
  errors_in_a_row_ = std::min(errors_in_a_row_ + 1, 10);
  not_before_ =
      now + std::min(kLongestPause, absl::Seconds(1 << (errors_in_a_row_ - 1)));
}

void Rescorer::Sampled(const Question& question, const Response& response,
                       absl::Time now) {
  Response full = response;
  const Response asked =
      QuestionOf(question).value_or(question.problem->question);
  full.model = question.problem->model;
  full.origin = Origin::kRescore;
  full.prompt = asked.prompt;
  full.messages_json = asked.messages_json;
  full.system_prompt = asked.system_prompt;
  full.problem = asked.problem;
  full.problem_id = asked.problem_id;
  full.intent = asked.intent;
  full.context_window = asked.context_window;
  const Scored scored = evaluator_.Evaluate(full);
  RescoreSample sample;
  sample.index = question.index;
  sample.way = question.way;
  sample.time = now;
  sample.rewards = set_->Rewards(*question.problem, scored);
  // Nothing could be read off it: no trial, but a fault of somebody.
  if (std::all_of(sample.rewards.begin(), sample.rewards.end(),
                  [](int8_t reward) { return reward < 0; }))
    return Failed(question, "unreadable", now);
  errors_in_a_row_ = 0;
  errors_of_.erase(question.job->id);
  way_errors_.erase(question.way);
  const double tokens = scored.reading(Feature::kOutputTokens);
  sample.tokens = std::isnan(tokens) ? question.problem->max_tokens
                                     : std::llround(std::exp2(tokens) - 1);
  tokens_.Take(static_cast<double>(sample.tokens));
  RescoreJob& job = *question.job;
  job.samples.push_back(sample);
  unsaved_.insert(job.id);
  {
    MutexLock lock(mutex_);
    ++counters_.samples;
    counters_.tokens += sample.tokens;
  }
  if (store_ != nullptr)
    store_
        ->PutFact(kBudgetFact,
                  absl::StrFormat("%.0f %.0f %d", tokens_.level(now),
                                  requests_.level(now), absl::ToUnixNanos(now)))
        .IgnoreError();
  // Before anything is told of it.
  SaveJobs();
  if (options_.on_answer && question.way.empty()) options_.on_answer(job, full);
  blocked_ = "slow";
  if (job.incident.empty()) return JudgeGroup(job, now);
  const auto campaign = campaigns_.find(job.incident);
  if (campaign != campaigns_.end() && !campaign->second.verdict.has_value())
    JudgeCampaign(campaign->second, now);
}

void Rescorer::JudgeCampaign(Campaign& campaign, absl::Time now) {
  const std::vector<GroupView> groups = GroupsOf(campaign);
  const bool one = groups.size() == 1;
  Verdict v = Judge(*set_, groups, campaign.rewards,
                    one ? kProblemBounds : kIncidentBounds, kIncidentCap,
                    campaign.comparison);
  if (v.kind == VerdictKind::kUndecided && NextOfCampaign(campaign)) return;
  if (v.kind == VerdictKind::kUndecided && v.reason.empty()) {
    // All were asked as often as they may, or could not be.
    v.reason = errors_in_a_row_ > 0 ? blocked_ : "cap";
  }
  v.incident = campaign.incident.id;
  v.model = campaign.incident.model;
  if (one) v.problem = groups.front().problem->digest;
  v.statistic = StatisticOf(campaign.incident);
  v.time = now;
  // The latest live failure, and the group that was asked because of it.
  for (const GroupView& g : groups) {
    const GroupStatistics statistics = StatisticsOf(g.job->samples, v.reward);
    if (statistics.count == 0) continue;
    v.group_mean = statistics.mean;
    v.group_deviation = statistics.deviation;
    if (g.job->trigger != RescoreTrigger::kFailure) continue;
    v.advantage = Advantage(statistics, /*reward=*/0);
    break;
  }
  Conclude(campaign, std::move(v), now);
}

// A finding says where it sits only when it opens, from few responses.
bool Rescorer::FailsInFilledContexts(const Incident& incident) const {
  MutexLock lock(mutex_);
  const auto it = symptoms_.find(incident.model);
  if (it == symptoms_.end()) return false;
  size_t all = 0;
  size_t filled = 0;
  for (const Symptom& s : it->second) {
    if (s.time < incident.onset_time) continue;
    ++all;
    filled += s.filled;
  }
  return filled >= kEnoughFilled && 3 * filled >= 2 * all;
}

void Rescorer::Conclude(Campaign& campaign, Verdict verdict, absl::Time now) {
  const bool told = campaign.incident.verdict.has_value() &&
                    campaign.incident.verdict->kind == verdict.kind &&
                    campaign.incident.verdict->time == verdict.time;
  if (campaign.by_canaries) {
    verdict.trigger = RescoreTrigger::kCanary;
    ModelCanaries& canaries = CanariesOf(verdict.model);
    if (verdict.kind != VerdictKind::kConfirmed) canaries.incident.clear();
    SaveCanaries(verdict.model);
  }
  // An alarm of canaries that does not come to anything concerns nobody.
  if (!told &&
      !(campaign.by_canaries && verdict.kind != VerdictKind::kConfirmed))
    Tell(verdict);
  const bool filled = SitsInFilledContexts(campaign.incident) ||
                      FailsInFilledContexts(campaign.incident);
  // Of an incident: what passes as it stands may fail in other numbers, or
  // behind a long talk.
  if (options_.localise && (verdict.kind == VerdictKind::kConfirmed ||
                            (verdict.kind == VerdictKind::kNotReproduced &&
                             !campaign.by_canaries))) {
    WaysAvailable available;
    available.filled_context = filled;
    for (const GroupView& g : GroupsOf(campaign))
      available.variants = available.variants || HasVariant(*g.problem);
    // Where nothing was lost in a short context, only the long one is asked.
    if (verdict.kind == VerdictKind::kConfirmed) {
      for (const auto& [name, client] : endpoints_.replicas)
        available.replicas.push_back(name);
      available.reference = endpoints_.reference != nullptr;
      for (const GroupView& g : GroupsOf(campaign))
        available.thinking =
            available.thinking ||
            g.problem->question.intent.thinking != Thinking::kOn;
      campaign.ways = PlanWays(available);
    } else {
      for (Way& way : PlanWays(available))
        if (way.name == kFilledContext || way.name == kVariant)
          campaign.ways.push_back(std::move(way));
    }
    way_errors_.clear();
  }
  (void)now;
  campaign.verdict = std::move(verdict);
}

void Rescorer::EndLocalising(Campaign& campaign, absl::Time now) {
  if (options_.localise && !campaign.probed &&
      campaign.verdict->kind == VerdictKind::kConfirmed &&
      fingerprints_.contains(campaign.incident.model) &&
      !fingerprints_[campaign.incident.model].empty()) {
    if (probe_.has_value()) return;
    probe_.emplace().model = campaign.incident.model;
    probe_->incident = campaign.incident.id;
    return;
  }
  Verdict v = *campaign.verdict;
  if (!campaign.ways.empty()) {
    const std::vector<GroupView> groups = GroupsOf(campaign);
    v.differences = Localise(groups, campaign.ways, v.reward);
    v.time = now;
    v.statistic = StatisticOf(campaign.incident);
    if (v.kind == VerdictKind::kNotReproduced)
      for (const Difference& d : v.differences)
        if (d.name == kFilledContext && d.high < 0 && d.value <= -kSaturated) {
          v.kind = VerdictKind::kConfirmed;
          v.reason = kFilledContext;
        }
    if (!v.differences.empty() || !std::isnan(v.fingerprint_p)) Tell(v);
  }
  FinishJobs(campaign, VerdictName(v.kind), v.reason, now);
  campaigns_.erase(std::string(campaign.incident.id));
}

void Rescorer::JudgeGroup(RescoreJob& job, absl::Time now) {
  const RescoreProblem* problem = set_->Find(job.model, job.problem);
  if (problem == nullptr) return;
  const bool failing = errors_of_[job.id] >= kErrorsOfAJob;
  const int count = CountOf(job, "");
  if (job.trigger == RescoreTrigger::kCanary && job.limit == 1 && !failing) {
    // A canary: only one that fails a solved problem is worth a group.
    if (count == 0) return;
    const bool fails = job.samples.front().rewards[0] == 0;
    CountCanary(job, *problem, now);
    RescoreJob group;
    group.id = JobId(absl::StrCat("group ", absl::ToUnixSeconds(now) / 86400),
                     job.model, job.problem);
    group.model = job.model;
    group.problem = job.problem;
    group.trigger = RescoreTrigger::kCanary;
    group.created = now;
    group.limit = options_.group;
    FinishJob(job, fails ? "failed" : "passed", "", now);
    jobs_.erase(std::string(job.id));
    if (fails) AddJob(std::move(group));
    return;
  }
  const bool few = NeedsComparison(job, *problem);
  Verdict v = Judge(*set_, {{problem, &job}}, SetOf(Reward::kOutcome),
                    kProblemBounds, job.limit, few ? kReference : "");
  const bool unanswerable = few && endpoints_.reference == nullptr;
  if (v.kind == VerdictKind::kUndecided && count < job.limit && !failing &&
      !unanswerable)
    return;
  if (failing && v.kind == VerdictKind::kUndecided) v.reason = blocked_;
  v.model = job.model;
  v.problem = job.problem;
  v.time = now;
  const GroupStatistics statistics = StatisticsOf(job.samples, v.reward);
  v.group_mean = statistics.mean;
  v.group_deviation = statistics.deviation;
  if (job.trigger == RescoreTrigger::kCanary)
    v.advantage = Advantage(statistics, /*reward=*/0);
  FinishJob(job, VerdictName(v.kind), v.reason, now);
  jobs_.erase(std::string(job.id));
  Tell(std::move(v));
}

void Rescorer::Tell(Verdict verdict) {
  if (!verdict.incident.empty()) {
    const ServedRegime& served = RegimeOf(verdict.model);
    verdict.template_hash = served.now.template_hash;
    verdict.healthy_template_hash = served.healthy.template_hash;
  }
  // Localising tells the same verdict once more.
  if (!verdict.incident.empty()) {
    std::erase_if(concluded_, [&](const auto& told) {
      return verdict.time - told.second > kOnItsWay;
    });
    concluded_[verdict.incident] = verdict.time;
  }
  if (verdict.differences.empty())
    Count(&RescoreCounters::verdicts, VerdictName(verdict.kind));
  tell_(verdict);
}

void Rescorer::Watch() {
  if (!asking_ || endpoints_.watched == nullptr) return;
  const auto load = endpoints_.watched->Load();
  const absl::Time now = clock_.Now();
  MutexLock lock(mutex_);
  // A scrape that fails now and then is no reason to throw a sample away; the
  // next Step() asks again before it goes on.
  if (!load.ok() && !absl::IsUnimplemented(load.status())) return;
  gate_.Update(now, load, /*own=*/1);
  counters_.gate_open = gate_.open();
  if (gate_.busy()) give_up_ = true;
}

void Rescorer::Stop() {
  stopped_ = true;
  give_up_ = true;
}

RescoreCounters Rescorer::Counters() const {
  MutexLock lock(mutex_);
  return counters_;
}

std::pair<int, int> Rescorer::Progress() const {
  MutexLock lock(mutex_);
  return progress_;
}

}  // namespace reasonwatch
