// SPDX-License-Identifier: Apache-2.0
// A step of the Rescorer: apply all that other threads handed in, let deadlines
// and alarms pass, and then ask one question at most. A question needs a runner
// that has one, a regime that was read before its group began, an open gate and
// a budget that is not spent; whatever is missing is noted as the reason of the
// wait (RescoreTally::SetBlocked), because it becomes the reason of a verdict
// that does not come in time.
//
// In order: calls of other threads, the step, asking, answers, the server's
// load, emitting.
#include "rescore/rescorer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/model_client.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// Bounds of the queues between two steps, far over the number that a second
// brings: one entry an open incident, a problem asked by hand, a model.
constexpr size_t kMaxObserved = 1024;
constexpr size_t kMaxAsked = 1024;
constexpr size_t kMaxAgain = 64;       // by hand
constexpr size_t kMaxForgotten = 256;  // models; as above

// Pauses after errors double from 1 s up to this, which leaves some 20 tries in
// the 15 minutes that an incident waits.
constexpr absl::Duration kLongestPause = absl::Minutes(1);
// Errors in a row that are counted; more make no difference to a pause.
constexpr int kMostErrors = 10;
// The gate needs readings closer together than HeadroomOptions::pause_within.
constexpr absl::Duration kReadLoadEvery = absl::Seconds(1);
// Soon enough to see a new incident, a gate that opens, or a canary's turn.
constexpr absl::Duration kIdle = absl::Seconds(1);

}  // namespace

Rescorer::Rescorer(RescorerOptions options, RescoreEndpoints endpoints,
                   const Clock& clock, const Evaluator& evaluator, Store* store,
                   std::function<void(const Verdict&)> emit)
    : options_(std::move(options)),
      endpoints_(std::move(endpoints)),
      clock_(clock),
      emit_(std::move(emit)),
      asker_(options_, endpoints_, evaluator),
      gate_(options_.headroom),
      queue_(store, tally_),
      budget_(options_.tokens_per_hour, options_.requests_per_hour, store,
              clock.Now()),
      regimes_(store),
      fingerprints_(store),
      canary_book_(options_.canaries_per_hour, store, clock.Now()),
      ledger_(store),
      conditions_(store),
      context_{options_, endpoints_,
               asker_,   queue_,
               tally_,   [this](Verdict verdict) { Emit(std::move(verdict)); },
               nullptr,  0},
      groups_(context_),
      campaigns_(context_, symptoms_, live_, conditions_, ledger_, canary_book_,
                 fingerprints_),
      canaries_(context_, canary_book_, groups_, campaigns_),
      runners_{&groups_, &campaigns_, &canaries_} {}

void Rescorer::SetProblems(std::shared_ptr<const ProblemSet> problems) {
  MutexLock lock(mutex_);
  problems_ = std::move(problems);
}

absl::Status Rescorer::Resume(const std::vector<Incident>& incidents) {
  const absl::Time now = clock_.Now();
  ledger_.Restore();
  RW_RETURN_IF_ERROR(queue_.Load(incidents, now, [&](const std::string& id) {
    return ledger_.WasUnheard(id);
  }));
  budget_.Restore(now);
  canary_book_.Restore();
  conditions_.Restore();
  for (const Incident& incident : incidents) {
    if (!incident.open()) continue;
    Observe(incident);
    ledger_.Observe(incident);
    if (canary_book_.IncidentOf(incident.model) != incident.id ||
        canary_book_.on())
      continue;
    // Canaries have opened it and are off now: nothing else would close it.
    Verdict none = NoVerdict(incident, now);
    none.reason = "no_canaries";
    none.trigger = RescoreTrigger::kCanary;
    Emit(std::move(none));
  }
  return absl::OkStatus();
}

void Rescorer::Observe(const Incident& incident) {
  MutexLock lock(mutex_);
  // Only the latest state of an incident counts.
  for (Incident& queued : observed_) {
    if (queued.id != incident.id) continue;
    queued = incident;
    return;
  }
  if (observed_.size() >= kMaxObserved)
    return tally_.Count(&RescoreCounters::jobs, "dropped");
  observed_.push_back(incident);
}

void Rescorer::Defer(const Incident& incident) {
  MutexLock lock(mutex_);
  const bool newer =
      std::any_of(observed_.begin(), observed_.end(),
                  [&](const Incident& n) { return n.id == incident.id; });
  if (!newer && observed_.size() < kMaxObserved) observed_.push_front(incident);
}

void Rescorer::Forget(const std::string& model) {
  MutexLock lock(mutex_);
  if (to_forget_.size() < kMaxForgotten) to_forget_.insert(model);
}

absl::Status Rescorer::AskAgain(const Incident& incident) {
  if (!incident.open())
    return absl::FailedPreconditionError("the incident is closed");
  if (incident.confirmation == Confirmation::kPending)
    return absl::FailedPreconditionError("it is being asked already");
  MutexLock lock(mutex_);
  for (const Incident& waiting : again_)
    if (waiting.id == incident.id)
      return absl::FailedPreconditionError("it is being asked already");
  if (again_.size() >= kMaxAgain)
    return absl::ResourceExhaustedError("too many incidents wait already");
  again_.push_back(incident);
  return absl::OkStatus();
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

void Rescorer::ApplyObserved(absl::Time now) {
  std::deque<Incident> observed, again;
  std::vector<RescoreJob> asked;
  std::set<std::string> to_forget;
  {
    MutexLock lock(mutex_);
    observed.swap(observed_);
    again.swap(again_);
    asked.swap(asked_);
    to_forget.swap(to_forget_);
    context_.problems = problems_;
  }
  for (const std::string& model : to_forget) {
    fingerprints_.Forget(model);
    regimes_.Forget(model);
    for (const auto& [replica, client] : endpoints_.replicas)
      regimes_.Forget(model, replica);
    canary_book_.Forget(model);
  }
  for (RescoreJob& job : asked) queue_.Add(std::move(job));
  for (const Incident& incident : observed) {
    ledger_.Observe(incident);
    canaries_.Observe(incident);
    if (!campaigns_.Observe(incident, now)) Defer(incident);
  }
  for (Incident& incident : again) {
    // As one that has heard its last verdict and waits for the next.
    incident.confirmation = Confirmation::kPending;
    incident.verdict_sequence = ledger_.LastOf(incident.id);
    campaigns_.Observe(incident, now);
  }
}

absl::Duration Rescorer::Step() {
  const absl::Time now = clock_.Now();
  ApplyObserved(now);
  if (context_.problems != nullptr)
    deadline_ns_ = absl::ToUnixNanos(campaigns_.EmitOverdue(now));
  canaries_.AnswerAlarms(now);
  canaries_.Schedule(budget_.AllowsCanary(now), now);
  const bool saved = queue_.Save();
  ReadLoad(now);
  if (!saved || asker_.stopped() || endpoints_.watched == nullptr ||
      context_.problems == nullptr)
    return kIdle;
  if (now < not_before_) return std::min(kIdle, not_before_ - now);
  const std::optional<RescoreQuestion> question = NextQuestion(clock_.Now());
  if (!question.has_value() && campaigns_.empty())
    fingerprints_.StartHealthy(context_.problems->Models());
  const std::optional<RegimeReading> regime = RegimeToRead(question, now);
  queue_.Report();
  if (!GateIsOpen()) return kIdle;
  if (!question.has_value() && !fingerprints_.taking() && !regime.has_value())
    return kIdle;
  if (!budget_.Allows(now)) {
    tally_.SetBlocked("budget", budget_.NextAllowed(now));
    return kIdle;
  }
  if (regime.has_value()) {
    ReadRegime(*regime, now);
    // Reading takes a while, so the load must be read again before a question.
    load_read_ = absl::InfinitePast();
  } else if (question.has_value()) {
    AskNow(*question, now);
  } else {
    AskProbe(now);
  }
  return absl::ZeroDuration();
}

std::optional<RescoreQuestion> Rescorer::NextQuestion(absl::Time now) {
  for (QuestionRunner* runner : runners_)
    if (auto question = runner->Next(now)) return question;
  return std::nullopt;
}

bool Rescorer::GateIsOpen() {
  MutexLock lock(mutex_);
  if (gate_.open()) return true;
  tally_.SetBlocked(load_error_.empty() ? "gate_shut" : load_error_,
                    gate_.OpensAt());
  return false;
}

std::optional<Rescorer::RegimeReading> Rescorer::RegimeToRead(
    const std::optional<RescoreQuestion>& question, absl::Time now) {
  // Before each group, and on schedule.
  if (question.has_value() && question->job->limit > 1 &&
      regimes_.Served(question->job->model).read < question->job->created)
    return RegimeReading{question->job->model, "", endpoints_.watched};
  for (const std::string& name : context_.problems->Models()) {
    if (regimes_.Due(name, now))
      return RegimeReading{name, "", endpoints_.watched};
    for (const auto& [replica, client] : endpoints_.replicas)
      if (regimes_.Due(name, now, replica))
        return RegimeReading{name, replica, client};
  }
  return std::nullopt;
}

void Rescorer::ReadRegime(const RegimeReading& reading, absl::Time now) {
  // One token for the count of a prompt's, and one if the server does not
  // report its regime.
  constexpr int kRequests = 2;
  for (int i = 0; i < kRequests; ++i) budget_.SpendRequest();
  budget_.SpendTokens(kRequests);
  if (!regimes_
           .Read(reading.model, *reading.client, campaigns_.empty(), now,
                 reading.replica)
           .ok())
    tally_.Count(&RescoreCounters::errors, "regime");
}

void Rescorer::AskNow(const RescoreQuestion& question, absl::Time now) {
  std::vector<RescoreQuestion> asked = {question};
  asked.insert(asked.end(), question.beside.begin(), question.beside.end());
  {
    MutexLock lock(mutex_);
    asked.resize(std::min<size_t>(
        asked.size(), static_cast<size_t>(gate_.RoomFor(question.at_once))));
  }
  // On disk before the question, so that a crash does not give the request
  // back.
  for (size_t i = 0; i < asked.size(); ++i) budget_.SpendRequest();
  budget_.Save(now);
  const std::vector<Asker::Answer> answers = asker_.Ask(asked);
  const absl::Time after = clock_.Now();
  // Questions that were asked together fail together: the first failure stands
  // for all.
  bool failed = false;
  for (size_t i = 0; i < asked.size(); ++i) {
    const Asker::Answer& answer = answers[i];
    budget_.SpendTokens(static_cast<double>(answer.tokens_before));
    if (answer.error.empty() && !answer.given_up) {
      NoteAnswered(after, static_cast<double>(answer.tokens_before));
      ObserveAnswer(asked[i], *answer.response, after);
      continue;
    }
    // Any number of the tokens that the server generated meanwhile may be ours.
    NoteAnswered(after, std::numeric_limits<double>::infinity());
    budget_.SpendUnanswered(static_cast<double>(asked[i].problem->max_tokens),
                            after - now, options_.timeout);
    budget_.Save(after);
    if (answer.given_up) tally_.Add(&RescoreCounters::yielded, 1);
    if (std::exchange(failed, true)) continue;
    if (answer.given_up)
      RunnerOf(*asked[i].job).ObserveYield(asked[i]);
    else
      ObserveFailure(asked[i], answer.error, after);
  }
}

void Rescorer::AskProbe(absl::Time now) {
  budget_.SpendRequest();
  budget_.SpendTokens(kFingerprintTokens);
  const Asker::Answer answer =
      asker_.Ask(fingerprints_.Request(now), *endpoints_.watched);
  NoteAnswered(clock_.Now(), kFingerprintTokens);
  if (answer.given_up) return tally_.Add(&RescoreCounters::yielded, 1);
  std::optional<TakenFingerprint> taken;
  if (answer.error.empty()) {
    taken = fingerprints_.Observe(*answer.response, campaigns_.empty());
  } else {
    tally_.Count(&RescoreCounters::errors, "probe");
    not_before_ = clock_.Now() + kLongestPause;
    taken = fingerprints_.Failed();
  }
  if (taken.has_value()) campaigns_.ObserveFingerprint(*taken);
}

void Rescorer::NoteAnswered(absl::Time now, double tokens) {
  MutexLock lock(mutex_);
  gate_.Answered(now, tokens);
}

QuestionRunner& Rescorer::RunnerOf(const RescoreJob& job) {
  for (QuestionRunner* runner : runners_)
    if (runner->Owns(job)) return *runner;
  // Jobs without an incident have one of two triggers, and both are owned.
  return groups_;
}

void Rescorer::ObserveFailure(const RescoreQuestion& question,
                              std::string_view error, absl::Time now) {
  tally_.Count(&RescoreCounters::errors, error);
  queue_.CountError(*question.job);
  RunnerOf(*question.job).ObserveError(question, error);
  context_.errors_in_a_row =
      std::min(context_.errors_in_a_row + 1, kMostErrors);
  not_before_ =
      now + std::min(kLongestPause,
                     absl::Seconds(1 << (context_.errors_in_a_row - 1)));
  tally_.SetBlocked(error, not_before_);
}

void Rescorer::ObserveAnswer(const RescoreQuestion& question,
                             const Response& response, absl::Time now) {
  const Response whole = asker_.Whole(question, response);
  const RescoreSample sample =
      asker_.ReadSample(question, whole, *context_.problems, now);
  budget_.SpendTokens(static_cast<double>(sample.tokens));
  budget_.Save(now);
  NoteAnswered(now, static_cast<double>(sample.tokens));
  // An answer without any reward is no trial: the server or the grader failed.
  if (std::all_of(sample.rewards.begin(), sample.rewards.end(),
                  [](int8_t reward) { return reward < 0; }))
    return ObserveFailure(question, "unreadable", now);
  RescoreJob& job = *question.job;
  context_.errors_in_a_row = 0;
  queue_.ForgetErrors(job);
  job.samples.push_back(sample);
  queue_.Changed(job);
  tally_.Add(&RescoreCounters::samples, 1);
  tally_.Add(&RescoreCounters::tokens, sample.tokens);
  // On disk before a verdict can be emitted of it.
  queue_.Save();
  if (options_.on_answer && question.way.empty())
    options_.on_answer(job, whole);
  tally_.SetBlocked("slow");
  QuestionRunner& runner = RunnerOf(job);
  if (options_.on_sample) {
    const Standing standing = runner.StandingOf(question);
    options_.on_sample({job, *question.problem, sample, whole,
                        Asker::SeedOf(job, question.index),
                        standing.bayes_factor, standing.bounds});
  }
  runner.ObserveSample(question, now);
}

void Rescorer::ReadLoad(absl::Time now) {
  if (now - load_read_ < kReadLoadEvery || endpoints_.watched == nullptr)
    return;
  load_read_ = now;
  const auto load = endpoints_.watched->Load();
  CountLoadError(load.status());
  MutexLock lock(mutex_);
  gate_.Update(now, load, /*own=*/0);
  tally_.SetGate(gate_.room());
}

// A load that can't be read shuts the gate, and behind a shut gate no question
// shows why. Counts the error once when it begins, not at every reading.
void Rescorer::CountLoadError(const absl::Status& status) {
  const std::string error =
      status.ok() || absl::IsUnimplemented(status) ? "" : asker_.NameOf(status);
  if (error == load_error_) return;
  load_error_ = error;
  tally_.SetLoadError(error);
  if (!error.empty()) tally_.Count(&RescoreCounters::errors, error);
}

void Rescorer::Watch() {
  if (!asker_.asking() || endpoints_.watched == nullptr) return;
  // An alert in time is worth more than the answer.
  if (clock_.Now() >= absl::FromUnixNanos(deadline_ns_)) asker_.GiveUp();
  // The reading may be of any moment of the call, and questions may begin or
  // end meanwhile: ours are never to look like those of others.
  const int before = asker_.in_flight();
  const auto load = endpoints_.watched->Load();
  const int own = std::max(before, asker_.in_flight());
  const absl::Time now = clock_.Now();
  MutexLock lock(mutex_);
  // One scrape that fails is no reason to throw a sample away; the next Step()
  // reads the load again before it asks.
  if (!load.ok() && !absl::IsUnimplemented(load.status())) return;
  gate_.Update(now, load, own);
  tally_.SetGate(gate_.room());
  if (gate_.busy()) asker_.GiveUp();
}

void Rescorer::Emit(Verdict verdict) {
  if (!verdict.incident.empty()) {
    const ServedRegime& served = regimes_.Served(verdict.model);
    verdict.template_hash = served.now.template_hash;
    verdict.healthy_template_hash = served.healthy.template_hash;
    // The next best sign of a template, if the server does not show it.
    if (verdict.template_hash.empty() && !served.now.prompt_tokens.empty() &&
        !served.healthy.prompt_tokens.empty()) {
      verdict.template_hash = served.now.prompt_tokens + " tokens";
      verdict.healthy_template_hash = served.healthy.prompt_tokens + " tokens";
    }
  }
  ledger_.Stamp(verdict);
  if (!verdict.again)
    tally_.Count(&RescoreCounters::verdicts, VerdictName(verdict.kind));
  emit_(verdict);
}

}  // namespace reasonwatch
