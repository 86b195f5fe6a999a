// SPDX-License-Identifier: Apache-2.0
#include "rescore/job_queue.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "core/store.h"
#include "util/status_macros.h"
#include "util/strings.h"

namespace reasonwatch {
namespace {

// 64 campaigns of 64 problems.
constexpr size_t kMaxJobs = 4096;
// Ids of finished jobs, far over the number that the budget of a day can
// finish.
constexpr size_t kMaxKnown = 20000;
// An id names at most the day (a canary's group), so it comes again within 24
// hours; one more for a restart in between.
constexpr absl::Duration kRemembered = absl::Hours(25);
// Errors in a row after which a job is given up; other jobs of its campaign may
// still be answered, for example if one prompt alone is refused.
constexpr int kErrorsOfAJob = 5;
// A disk that takes longer counts as one that refuses.
constexpr absl::Duration kFlush = absl::Seconds(10);

}  // namespace

std::string JobId(std::string_view cause, const std::string& model,
                  uint64_t problem) {
  return absl::StrFormat(
      "rw-%012x",
      StableHash(absl::StrFormat("%s\n%s\n%x", cause, model, problem)) >> 16);
}

int CountOf(const RescoreJob& job, std::string_view way) {
  return static_cast<int>(
      std::count_if(job.samples.begin(), job.samples.end(),
                    [&](const RescoreSample& s) { return s.way == way; }));
}

bool HasSample(const RescoreJob& job, std::string_view way, int index) {
  return std::any_of(
      job.samples.begin(), job.samples.end(),
      [&](const RescoreSample& s) { return s.way == way && s.index == index; });
}

absl::Status JobQueue::Load(
    const std::vector<Incident>& incidents, absl::Time now,
    const std::function<bool(const std::string&)>& unheard) {
  if (store_ == nullptr) return absl::OkStatus();
  RW_ASSIGN_OR_RETURN(std::vector<RescoreJob> all,
                      store_->LoadRescoreJobs(now - kRemembered));
  std::map<std::string, const Incident*> open;
  for (const Incident& incident : incidents)
    if (incident.open()) open[incident.id] = &incident;
  // The rows come oldest first; if they are too many, the newest ids are kept.
  const size_t forgotten = all.size() > kMaxKnown ? all.size() - kMaxKnown : 0;
  for (size_t i = 0; i < all.size(); ++i) {
    RescoreJob& job = all[i];
    if (i >= forgotten) known_.insert(job.id);
    const auto it = open.find(job.incident);
    const bool pending =
        it != open.end() && it->second->confirmation == Confirmation::kPending;
    // The incident has heard the verdict of this job, and waits for a new one.
    const bool heard = pending && it->second->verdict.has_value() &&
                       job.created <= it->second->verdict->time;
    // Finished for a verdict that never reached the incident: goes on.
    if (job.done() && pending && !heard && job.reason != kClosed &&
        unheard(job.incident))
      job.finished = absl::InfiniteFuture();
    if (job.done()) continue;
    const std::string id = job.id;
    const bool over = heard || (!job.incident.empty() && it == open.end());
    jobs_.emplace(id, std::move(job));
    if (over) Finish(id, VerdictName(VerdictKind::kUndecided), kClosed, now);
  }
  return absl::OkStatus();
}

RescoreJob* JobQueue::Add(RescoreJob job) {
  const auto queued = jobs_.find(job.id);
  if (queued != jobs_.end()) return &queued->second;
  if (known_.contains(job.id)) return nullptr;
  if (jobs_.size() >= kMaxJobs) {
    tally_.Count(&RescoreCounters::jobs, "dropped");
    return nullptr;
  }
  // Which id is dropped does not matter: an id of a past day never comes again.
  if (known_.size() >= kMaxKnown) known_.erase(known_.begin());
  known_.insert(job.id);
  unsaved_.insert(job.id);
  tally_.Count(&RescoreCounters::jobs, "created");
  std::string id = job.id;
  return &jobs_.emplace(std::move(id), std::move(job)).first->second;
}

RescoreJob* JobQueue::Find(const std::string& id) {
  const auto it = jobs_.find(id);
  return it == jobs_.end() ? nullptr : &it->second;
}

const RescoreJob* JobQueue::Find(const std::string& id) const {
  const auto it = jobs_.find(id);
  return it == jobs_.end() ? nullptr : &it->second;
}

bool JobQueue::HasAnyOf(const std::string& incident) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second.incident == incident;
  });
}

bool JobQueue::HasTrigger(RescoreTrigger trigger) const {
  return std::any_of(jobs_.begin(), jobs_.end(), [&](const auto& entry) {
    return entry.second.trigger == trigger;
  });
}

std::vector<std::string> JobQueue::IdsOf(const std::string& incident) const {
  std::vector<std::string> ids;
  for (const auto& [id, job] : jobs_)
    if (job.incident == incident) ids.push_back(id);
  return ids;
}

std::vector<std::string> JobQueue::Ids() const {
  std::vector<std::string> ids;
  for (const auto& [id, job] : jobs_) ids.push_back(id);
  return ids;
}

void JobQueue::Finish(const std::string& id, std::string_view result,
                      std::string_view reason, absl::Time now) {
  auto node = jobs_.extract(id);
  if (node.empty()) return;
  RescoreJob& job = node.mapped();
  job.finished = now;
  job.result = result;
  job.reason = reason;
  tally_.Count(&RescoreCounters::jobs, "finished");
  errors_.erase(job.id);
  unsaved_.erase(job.id);
  finished_.push_back(std::move(job));
}

bool JobQueue::Save() {
  if (store_ == nullptr) {
    unsaved_.clear();
    finished_.clear();
    return true;
  }
  if (unsaved_.empty() && finished_.empty()) return true;
  bool written = true;
  for (const RescoreJob& job : finished_)
    written = written && store_->PutRescoreJob(job).ok();
  for (const std::string& id : unsaved_) {
    const RescoreJob* job = Find(id);
    written = written && (job == nullptr || store_->PutRescoreJob(*job).ok());
  }
  // The store only queues. Jobs count as written once the flush has succeeded;
  // until then all of them are written again.
  if (written && store_->Flush(kFlush).ok()) {
    unsaved_.clear();
    finished_.clear();
    return true;
  }
  tally_.Count(&RescoreCounters::errors, "not_stored");
  return false;
}

bool JobQueue::Failing(const RescoreJob& job) const {
  const auto it = errors_.find(job.id);
  return it != errors_.end() && it->second >= kErrorsOfAJob;
}

void JobQueue::Report() const {
  std::pair<int, int> progress = {0, 0};
  for (const auto& [id, job] : jobs_) {
    progress.first += CountOf(job, "");
    progress.second += job.limit;
  }
  tally_.SetQueue(static_cast<int64_t>(jobs_.size()), progress);
}

}  // namespace reasonwatch
