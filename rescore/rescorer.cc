#include "rescore/rescorer.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/status_macros.h"
#include "core/strings.h"

namespace reasonwatch {
namespace {

// Bounds on what is kept.
constexpr size_t kMaxNotes = 1024;
constexpr size_t kMaxAsked = 1024;
constexpr size_t kMaxForgotten = 256;

constexpr absl::Duration kLongestPause = absl::Minutes(1);
constexpr absl::Duration kLookEvery = absl::Seconds(1);
constexpr absl::Duration kIdle = absl::Seconds(1);

}  // namespace

Rescorer::Rescorer(RescorerOptions options, RescoreEndpoints endpoints,
                   const Clock& clock, const Evaluator& evaluator, Store* store,
                   std::function<void(const Verdict&)> tell)
    : options_(std::move(options)),
      endpoints_(std::move(endpoints)),
      clock_(clock),
      tell_(std::move(tell)),
      asker_(options_, endpoints_, evaluator),
      gate_(options_.headroom),
      queue_(store, tally_),
      budget_(options_.tokens_per_hour, options_.requests_per_hour, store,
              clock.Now()),
      regimes_(store),
      fingerprints_(store),
      canaries_(options_.canaries_per_hour, store, clock.Now()) {}

void Rescorer::SetProblems(std::shared_ptr<const ProblemSet> problems) {
  MutexLock lock(mutex_);
  problems_ = std::move(problems);
}

absl::Status Rescorer::Resume(const std::vector<Incident>& incidents) {
  const absl::Time now = clock_.Now();
  RW_RETURN_IF_ERROR(queue_.Load(incidents, now));
  budget_.Restore(now);
  canaries_.Restore();
  for (const Incident& incident : incidents) {
    if (!incident.open()) continue;
    Note(incident);
    if (canaries_.IncidentOf(incident.model) != incident.id || canaries_.on())
      continue;
    // Nobody will ask again whether it is over.
    Verdict none = NoVerdict(incident, now);
    none.reason = "no_canaries";
    none.trigger = RescoreTrigger::kCanary;
    Tell(std::move(none));
  }
  return absl::OkStatus();
}

void Rescorer::Note(const Incident& incident) {
  MutexLock lock(mutex_);
  // The latest state of an incident is all that counts.
  for (Incident& note : notes_) {
    if (note.id != incident.id) continue;
    note = incident;
    return;
  }
  if (notes_.size() >= kMaxNotes)
    return tally_.Count(&RescoreCounters::jobs, "dropped");
  notes_.push_back(incident);
}

void Rescorer::Forget(const std::string& model) {
  MutexLock lock(mutex_);
  if (to_forget_.size() < kMaxForgotten) to_forget_.insert(model);
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
  for (RescoreJob& job : asked) queue_.Add(std::move(job));
  for (const Incident& incident : notes) TakeNote(incident, now);
}

void Rescorer::ForgetNow(const std::string& model) {
  fingerprints_.Forget(model);
  regimes_.Forget(model);
  canaries_.Forget(model);
}

absl::Duration Rescorer::Step() {
  const absl::Time now = clock_.Now();
  TakeNotes(now);
  if (set_ != nullptr) LookAtDeadlines(now);
  LookAtCanaries(now);
  MakeCanary(now);
  const bool saved = queue_.Save();
  LookAtLoad(now);
  if (!saved || asker_.stopped() || endpoints_.watched == nullptr ||
      set_ == nullptr)
    return kIdle;
  if (now < not_before_) return std::min(kIdle, not_before_ - now);
  const std::optional<RescoreQuestion> question = NextQuestion();
  if (!question.has_value() && campaigns_.empty())
    fingerprints_.StartHealthy(set_->Models());
  const std::optional<std::string> regime = RegimeToRead(question, now);
  queue_.Report();
  {
    MutexLock lock(mutex_);
    if (!gate_.open()) {
      tally_.SetBlocked(load_error_.empty() ? "gate_shut" : load_error_);
      return kIdle;
    }
  }
  if (!question.has_value() && !fingerprints_.taking() && !regime.has_value())
    return kIdle;
  if (!budget_.Allows(now)) {
    tally_.SetBlocked("budget");
    return kIdle;
  }
  if (regime.has_value()) {
    ReadRegime(*regime, now);
    // That took a while: no question on a look from before.
    looked_ = absl::InfinitePast();
  } else if (question.has_value()) {
    AskNow(*question, now);
  } else {
    AskProbe(now);
  }
  return absl::ZeroDuration();
}

std::optional<RescoreQuestion> Rescorer::NextQuestion() {
  const absl::Time now = clock_.Now();
  for (const std::string& id : queue_.Ids()) {
    RescoreJob* job = queue_.Find(id);
    if (job == nullptr || job->trigger != RescoreTrigger::kManual) continue;
    if (auto question = NextOfGroup(*job)) return question;
  }
  std::vector<Campaign*> oldest_first;
  for (auto& [id, campaign] : campaigns_) oldest_first.push_back(&campaign);
  std::stable_sort(
      oldest_first.begin(), oldest_first.end(),
      [](const Campaign* a, const Campaign* b) { return a->begun < b->begun; });
  for (Campaign* campaign : oldest_first) {
    if (campaign->verdict.has_value()) continue;
    if (auto question = NextOf(*campaign)) return question;
    // Everything was asked that can be.
    JudgeCampaign(*campaign, now);
  }
  for (Campaign* campaign : oldest_first) {
    if (!campaign->verdict.has_value()) continue;
    if (auto question = campaign->localisation.Next(
            campaign->verdict->kind, Groups(*campaign), queue_, asker_))
      return question;
    EndLocalising(*campaign, now);
  }
  for (const std::string& id : queue_.Ids()) {
    RescoreJob* job = queue_.Find(id);
    if (job == nullptr || !job->incident.empty() ||
        job->trigger == RescoreTrigger::kManual)
      continue;
    if (auto question = NextOfGroup(*job)) return question;
  }
  return std::nullopt;
}

std::optional<std::string> Rescorer::RegimeToRead(
    const std::optional<RescoreQuestion>& question, absl::Time now) {
  // Before each group, and on schedule.
  if (question.has_value() && question->job->limit > 1 &&
      regimes_.Of(question->job->model).read < question->job->created)
    return question->job->model;
  for (const std::string& name : set_->Models())
    if (regimes_.Due(name, now)) return name;
  return std::nullopt;
}

void Rescorer::ReadRegime(const std::string& model, absl::Time now) {
  // Servers that don't tell it are asked for a token.
  budget_.TakeRequest();
  budget_.TakeTokens(1);
  if (!regimes_.Read(model, *endpoints_.watched, campaigns_.empty(), now).ok())
    tally_.Count(&RescoreCounters::errors, "regime");
}

void Rescorer::AskNow(const RescoreQuestion& question, absl::Time now) {
  // On disk before it is asked: a crash must not give it back.
  budget_.TakeRequest();
  budget_.Save(now);
  const Asker::Answer answer = asker_.Ask(question);
  const absl::Time after = clock_.Now();
  if (answer.error.empty() && !answer.given_up)
    return Sampled(question, *answer.response, after);
  // Whatever the server generated meanwhile may have been for us.
  Answered(after, std::numeric_limits<double>::infinity());
  budget_.TakeUnanswered(static_cast<double>(question.problem->max_tokens),
                         after - now, options_.timeout);
  budget_.Save(after);
  if (answer.given_up) return tally_.Add(&RescoreCounters::yielded, 1);
  Failed(question, answer.error, after);
}

void Rescorer::AskProbe(absl::Time now) {
  budget_.TakeRequest();
  budget_.TakeTokens(kFingerprintTokens);
  const Asker::Answer answer =
      asker_.Ask(fingerprints_.Request(now), *endpoints_.watched);
  Answered(clock_.Now(), kFingerprintTokens);
  if (answer.given_up) return tally_.Add(&RescoreCounters::yielded, 1);
  std::optional<TakenFingerprint> taken;
  if (answer.error.empty()) {
    taken = fingerprints_.Take(*answer.response, campaigns_.empty());
  } else {
    tally_.Count(&RescoreCounters::errors, "probe");
    not_before_ = clock_.Now() + kLongestPause;
    taken = fingerprints_.Failed();
  }
  if (!taken.has_value()) return;
  const auto it = campaigns_.find(taken->incident);
  if (it == campaigns_.end()) return;
  it->second.probed = true;
  if (it->second.verdict.has_value())
    it->second.verdict->fingerprint_p = taken->p;
}

void Rescorer::Answered(absl::Time now, double tokens) {
  MutexLock lock(mutex_);
  gate_.Answered(now, tokens);
}

void Rescorer::Failed(const RescoreQuestion& question, std::string_view error,
                      absl::Time now) {
  tally_.Count(&RescoreCounters::errors, error);
  tally_.SetBlocked(error);
  queue_.CountError(*question.job);
  const auto campaign = campaigns_.find(question.job->incident);
  if (!question.way.empty() && campaign != campaigns_.end())
    campaign->second.localisation.CountError(question.way);
  errors_in_a_row_ = std::min(errors_in_a_row_ + 1, 10);
  not_before_ =
      now + std::min(kLongestPause, absl::Seconds(1 << (errors_in_a_row_ - 1)));
}

void Rescorer::Sampled(const RescoreQuestion& question,
                       const Response& response, absl::Time now) {
  const Response whole = asker_.Whole(question, response);
  const RescoreSample sample = asker_.Read(question, whole, *set_, now);
  budget_.TakeTokens(static_cast<double>(sample.tokens));
  budget_.Save(now);
  Answered(now, static_cast<double>(sample.tokens));
  // Nothing could be read off it: no trial, but a fault of somebody.
  if (std::all_of(sample.rewards.begin(), sample.rewards.end(),
                  [](int8_t reward) { return reward < 0; }))
    return Failed(question, "unreadable", now);
  RescoreJob& job = *question.job;
  const auto campaign = campaigns_.find(job.incident);
  errors_in_a_row_ = 0;
  queue_.ForgetErrors(job);
  if (campaign != campaigns_.end())
    campaign->second.localisation.ForgetErrors(question.way);
  job.samples.push_back(sample);
  queue_.Changed(job);
  tally_.Add(&RescoreCounters::samples, 1);
  tally_.Add(&RescoreCounters::tokens, sample.tokens);
  // Before anything is told of it.
  queue_.Save();
  if (options_.on_answer && question.way.empty())
    options_.on_answer(job, whole);
  tally_.SetBlocked("slow");
  if (job.incident.empty()) return JudgeGroup(job, now);
  if (campaign != campaigns_.end() && !campaign->second.verdict.has_value())
    JudgeCampaign(campaign->second, now);
}

void Rescorer::LookAtLoad(absl::Time now) {
  if (now - looked_ < kLookEvery || endpoints_.watched == nullptr) return;
  looked_ = now;
  const auto load = endpoints_.watched->Load();
  NoteLoad(load.status());
  MutexLock lock(mutex_);
  gate_.Update(now, load, /*own=*/0);
  tally_.SetGate(gate_.room());
}

// A load that can't be read shuts the gate, so nothing is asked that would tell
// why. Counted when it begins, not at every look.
void Rescorer::NoteLoad(const absl::Status& status) {
  const std::string error =
      status.ok() || absl::IsUnimplemented(status) ? "" : asker_.NameOf(status);
  if (error == load_error_) return;
  load_error_ = error;
  if (!error.empty()) tally_.Count(&RescoreCounters::errors, error);
}

void Rescorer::Watch() {
  if (!asker_.asking() || endpoints_.watched == nullptr) return;
  // No answer is worth an alert that comes late.
  if (clock_.Now() >= absl::FromUnixNanos(deadline_ns_)) asker_.GiveUp();
  const auto load = endpoints_.watched->Load();
  const absl::Time now = clock_.Now();
  MutexLock lock(mutex_);
  // A scrape that fails now and then is no reason to throw a sample away; the
  // next Step() asks again before it goes on.
  if (!load.ok() && !absl::IsUnimplemented(load.status())) return;
  gate_.Update(now, load, /*own=*/1);
  tally_.SetGate(gate_.room());
  if (gate_.busy()) asker_.GiveUp();
}

void Rescorer::Tell(Verdict verdict) {
  if (!verdict.incident.empty()) {
    const ServedRegime& served = regimes_.Of(verdict.model);
    verdict.template_hash = served.now.template_hash;
    verdict.healthy_template_hash = served.healthy.template_hash;
    std::erase_if(concluded_, [&](const auto& told) {
      return verdict.time - told.second > kVerdictOnItsWay;
    });
    concluded_[verdict.incident] = verdict.time;
  }
  // Localising tells the same verdict once more.
  if (verdict.differences.empty())
    tally_.Count(&RescoreCounters::verdicts, VerdictName(verdict.kind));
  tell_(verdict);
}

}  // namespace reasonwatch
