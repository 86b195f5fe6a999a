// SPDX-License-Identifier: Apache-2.0
// A Store in memory that refuses calls on request. Thread-safe.
#ifndef REASONWATCH_TESTS_FAKES_FAKE_STORE_H_
#define REASONWATCH_TESTS_FAKES_FAKE_STORE_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/baseline_problem.h"
#include "core/incident.h"
#include "core/model_event.h"
#include "core/rescore_job.h"
#include "core/store.h"
#include "util/mutex.h"

namespace reasonwatch {

class FakeStore : public Store {
 public:
  absl::Status PutState(std::vector<StateBlob> blobs) override {
    MutexLock lock(mutex_);
    if (refuses_) return absl::ResourceExhaustedError("write queue is full");
    ++checkpoints_;
    calls_ += 'S';
    for (StateBlob& b : blobs) {
      auto key = std::pair(b.kind, b.key);
      state_[std::move(key)] = std::move(b);
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<StateBlob>> LoadState() override {
    MutexLock lock(mutex_);
    std::vector<StateBlob> all;
    for (const auto& [key, blob] : state_) all.push_back(blob);
    return all;
  }
  absl::Status PutIncidents(const std::vector<Incident>& incidents,
                            std::vector<StateBlob> state) override {
    {
      MutexLock lock(mutex_);
      if (refuses_) return absl::ResourceExhaustedError("write queue is full");
      for (const Incident& incident : incidents) {
        calls_ += 'I';
        incidents_[incident.id] = incident;
      }
    }
    return PutState(std::move(state));
  }
  absl::StatusOr<std::vector<Incident>> LoadIncidents(bool open_only,
                                                      int /*limit*/) override {
    MutexLock lock(mutex_);
    std::vector<Incident> found;
    for (const auto& [id, incident] : incidents_)
      if (!open_only || incident.open()) found.push_back(incident);
    return found;
  }
  absl::StatusOr<Incident> LoadIncident(std::string_view id) override {
    MutexLock lock(mutex_);
    const auto it = incidents_.find(std::string(id));
    if (it == incidents_.end()) return absl::NotFoundError("no such incident");
    return it->second;
  }
  absl::Status PutStory(std::string_view incident,
                        std::string_view json) override {
    MutexLock lock(mutex_);
    stories_[std::string(incident)] = std::string(json);
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> LoadStory(std::string_view incident) override {
    MutexLock lock(mutex_);
    const auto it = stories_.find(std::string(incident));
    if (it == stories_.end()) return absl::NotFoundError("no such story");
    return it->second;
  }
  absl::StatusOr<std::vector<std::string>> LoadGold(
      std::string_view /*model*/,
      const std::vector<uint64_t>& problems) override {
    return std::vector<std::string>(problems.size());
  }
  absl::Status PutProblems(std::vector<BaselineProblem> problems) override {
    MutexLock lock(mutex_);
    problems_ = std::move(problems);
    return absl::OkStatus();
  }
  std::vector<BaselineProblem> problems() {
    MutexLock lock(mutex_);
    return problems_;
  }
  absl::Status PutEvent(const ModelEvent& event) override {
    MutexLock lock(mutex_);
    if (refuses_) return absl::ResourceExhaustedError("write queue is full");
    events_.push_back(event);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<ModelEvent>> LoadEvents(std::string_view model,
                                                     absl::Time from,
                                                     absl::Time to,
                                                     int /*limit*/) override {
    MutexLock lock(mutex_);
    std::vector<ModelEvent> found;
    for (const ModelEvent& e : events_)
      if ((model.empty() || e.model == model) && e.time >= from && e.time <= to)
        found.push_back(e);
    return found;
  }
  absl::Status PutRescoreJob(const RescoreJob& job) override {
    MutexLock lock(mutex_);
    if (refuses_) return absl::ResourceExhaustedError("write queue is full");
    jobs_[job.id] = job;
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<RescoreJob>> LoadRescoreJobs(
      absl::Time since) override {
    MutexLock lock(mutex_);
    std::vector<RescoreJob> found;
    for (const auto& [id, job] : jobs_)
      if (job.finished >= since) found.push_back(job);
    return found;
  }
  absl::Status ForgetModel(std::string_view model) override {
    MutexLock lock(mutex_);
    calls_ += 'F';
    std::erase_if(
        state_, [&](const auto& entry) { return entry.first.second == model; });
    std::erase_if(incidents_, [&](const auto& entry) {
      return entry.second.model == model;
    });
    std::erase_if(events_, [&](const auto& e) { return e.model == model; });
    return absl::OkStatus();
  }
  absl::Status PutFact(std::string_view name, std::string_view value) override {
    MutexLock lock(mutex_);
    facts_[std::string(name)] = value;
    return absl::OkStatus();
  }
  absl::StatusOr<std::string> LoadFact(std::string_view name) override {
    MutexLock lock(mutex_);
    const auto it = facts_.find(std::string(name));
    if (it == facts_.end()) return absl::NotFoundError("no such fact");
    return it->second;
  }
  absl::Status Flush(absl::Duration /*deadline*/) override {
    return absl::OkStatus();
  }

  void Clear() {
    MutexLock lock(mutex_);
    state_.clear();
    incidents_.clear();
    problems_.clear();
    jobs_.clear();
    facts_.clear();
  }
  void SetRefuses(bool refuses) {
    MutexLock lock(mutex_);
    refuses_ = refuses;
  }
  int checkpoints() const {
    MutexLock lock(mutex_);
    return checkpoints_;
  }
  // The writes so far, a letter each: S for state, I for an incident.
  std::string calls() const {
    MutexLock lock(mutex_);
    return calls_;
  }

 private:
  mutable Mutex mutex_;
  bool refuses_ ABSL_GUARDED_BY(mutex_) = false;
  int checkpoints_ ABSL_GUARDED_BY(mutex_) = 0;
  std::string calls_ ABSL_GUARDED_BY(mutex_);
  std::map<std::pair<std::string, std::string>, StateBlob> state_
      ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Incident> incidents_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> stories_ ABSL_GUARDED_BY(mutex_);
  std::vector<BaselineProblem> problems_ ABSL_GUARDED_BY(mutex_);
  std::vector<ModelEvent> events_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, RescoreJob> jobs_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> facts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace reasonwatch

#endif  // REASONWATCH_TESTS_FAKES_FAKE_STORE_H_
