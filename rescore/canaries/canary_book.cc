// SPDX-License-Identifier: Apache-2.0
#include "rescore/canaries/canary_book.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "core/store.h"
#include "rescore/job_queue.h"

namespace reasonwatch {
namespace {

constexpr char kCanaryFact[] = "rescore_canaries";
constexpr char kCanaryWatchFact[] = "rescore_canary_watch/";
// Models in memory; the store has all of them.
constexpr size_t kMaxModels = 1024;

}  // namespace

void CanaryBook::Restore() {
  if (store_ == nullptr) return;
  const auto turns = store_->LoadFact(kCanaryFact);
  if (turns.ok() && !absl::SimpleAtoi(*turns, &turns_)) turns_ = 0;
}

bool CanaryBook::ClaimTurn(absl::Time now) {
  if (!on() || now < next_) return false;
  next_ = now + absl::Hours(1 / per_hour_);
  return true;
}

std::optional<RescoreJob> CanaryBook::Next(const ProblemSet& problems,
                                           absl::Time now) {
  const std::vector<std::string> models = problems.Models();
  if (models.empty()) return std::nullopt;
  const uint64_t turn = turns_++;
  const std::string& model = models[turn % models.size()];
  const auto solved = problems.SolvedOf(model, /*seed=*/0);
  if (solved.empty()) return std::nullopt;
  const RescoreProblem& problem = *solved[turn / models.size() % solved.size()];
  RescoreJob job;
  job.id = JobId(absl::StrFormat("canary %d", absl::ToUnixSeconds(now)), model,
                 problem.digest);
  job.model = model;
  job.problem = problem.digest;
  job.trigger = RescoreTrigger::kCanary;
  job.created = now;
  job.limit = 1;
  if (store_ != nullptr)
    store_->PutFact(kCanaryFact, absl::StrCat(turns_)).IgnoreError();
  return job;
}

std::optional<Verdict> CanaryBook::Count(const RescoreJob& job,
                                         const FailurePosterior& healthy,
                                         bool being_asked, absl::Time now) {
  const int8_t outcome = job.samples.front().rewards[0];
  if (outcome < 0) return std::nullopt;
  ModelCanaries& canaries = EntryFor(job.model);
  canaries.watch.Add(healthy.rate(), outcome == 0);
  std::optional<Verdict> over;
  if (!canaries.incident.empty() && canaries.watch.recovered() &&
      !being_asked) {
    over.emplace();
    over->kind = VerdictKind::kNotReproduced;
    over->incident = std::exchange(canaries.incident, "");
    over->model = job.model;
    over->reason = "canaries";
    over->trigger = RescoreTrigger::kCanary;
    over->time = now;
    canaries.watch.Restart();
  }
  Save(job.model);
  return over;
}

const std::string& CanaryBook::IncidentOf(const std::string& model) {
  return EntryFor(model).incident;
}

void CanaryBook::SetIncident(const std::string& model,
                             const std::string& incident) {
  EntryFor(model).incident = incident;
  Save(model);
}

std::vector<std::string> CanaryBook::Alarms() const {
  std::vector<std::string> alarms;
  if (!on()) return alarms;
  for (const auto& [model, canaries] : models_)
    if (canaries.watch.alarm() && canaries.incident.empty())
      alarms.push_back(model);
  return alarms;
}

void CanaryBook::Answer(const std::string& model, const std::string& incident) {
  ModelCanaries& canaries = EntryFor(model);
  canaries.incident = incident;
  canaries.watch.Restart();
}

void CanaryBook::Forget(const std::string& model) {
  models_[model] = ModelCanaries();
  if (store_ != nullptr)
    store_->PutFact(kCanaryWatchFact + model, "").IgnoreError();
}

ModelCanaries& CanaryBook::EntryFor(const std::string& model) {
  // Any model may be dropped, since its state is in the store.
  if (models_.size() >= kMaxModels && !models_.contains(model))
    models_.erase(models_.begin());
  const auto [it, fresh] = models_.try_emplace(model);
  if (!fresh || store_ == nullptr) return it->second;
  const auto stored = store_->LoadFact(kCanaryWatchFact + model);
  if (!stored.ok()) return it->second;
  const std::pair<std::string, std::string> parts =
      absl::StrSplit(*stored, absl::MaxSplits('\n', 1));
  if (it->second.watch.Parse(parts.second)) it->second.incident = parts.first;
  return it->second;
}

void CanaryBook::Save(const std::string& model) {
  if (store_ == nullptr) return;
  const ModelCanaries& canaries = EntryFor(model);
  store_
      ->PutFact(kCanaryWatchFact + model,
                absl::StrCat(canaries.incident, "\n", canaries.watch.Print()))
      .IgnoreError();
}

}  // namespace reasonwatch
