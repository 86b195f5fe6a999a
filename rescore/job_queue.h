// SPDX-License-Identifier: Apache-2.0
// Jobs that are not finished, kept on disk as well: none is lost, and none is
// asked twice under one id.
//
// Not thread-safe. Pointers to a job are valid until it is finished.
#ifndef REASONWATCH_RESCORE_JOB_QUEUE_H_
#define REASONWATCH_RESCORE_JOB_QUEUE_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/finish.h"
#include "core/incident.h"
#include "core/rescore_job.h"
#include "core/verdict.h"
#include "rescore/tally.h"

namespace reasonwatch {

class Store;

// RescoreJob::reason of a job whose incident closed before its verdict.
inline constexpr char kClosed[] = "closed";

// The id of a job; `cause` names its reason. The same arguments give the same
// id.
std::string JobId(std::string_view cause, const std::string& model,
                  uint64_t problem);

// The number of samples that were asked in this way.
int CountOf(const RescoreJob& job, std::string_view way);
// Whether there is a sample of this way and index.
bool HasSample(const RescoreJob& job, std::string_view way, int index);

class JobQueue {
 public:
  // `store` may be null: nothing survives. Both must outlive it.
  JobQueue(Store* store, RescoreTally& tally) : store_(store), tally_(tally) {}

  // Loads the jobs of an earlier run. Finishes those whose incident is not open
  // any more. A job that was finished for a verdict which its incident has not
  // heard goes on, so that the verdict is decided again from its samples;
  // `unheard` says which incidents' that are.
  absl::Status Load(const std::vector<Incident>& incidents, absl::Time now,
                    const std::function<bool(const std::string&)>& unheard);

  // Adds the job, unless there is one of its id, and returns it. nullptr: the
  // job of this id is finished, or there are too many.
  RescoreJob* Add(RescoreJob job);
  // nullptr: no such job, or it is finished.
  RescoreJob* Find(const std::string& id);
  const RescoreJob* Find(const std::string& id) const;
  bool HasAnyOf(const std::string& incident) const;
  bool HasTrigger(RescoreTrigger trigger) const;
  // Ids of an incident's jobs, and of all; sorted, so that the order is the
  // same after a restart.
  std::vector<std::string> IdsOf(const std::string& incident) const;
  std::vector<std::string> Ids() const;

  // The job has a new sample, to be saved.
  void Changed(const RescoreJob& job) { unsaved_.insert(job.id); }
  void Finish(const std::string& id, std::string_view result,
              std::string_view reason, absl::Time now);
  // Writes new, changed and finished jobs. False: some could not be written.
  // They are written by a later call; ask nothing until then.
  bool Save();

  // Errors of a job in a row, and whether it has had so many that it is given
  // up.
  void CountError(const RescoreJob& job) { ++errors_[job.id]; }
  void ForgetErrors(const RescoreJob& job) { errors_.erase(job.id); }
  bool Failing(const RescoreJob& job) const;

  // Writes the queue's size and progress to the tally.
  void Report() const;

 private:
  Store* const store_;
  RescoreTally& tally_;
  std::map<std::string, RescoreJob> jobs_;
  std::set<std::string> known_;  // ids of this run and of the last day
  std::map<std::string, int> errors_;
  std::set<std::string> unsaved_;
  std::vector<RescoreJob> finished_;  // not on disk yet as finished
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_JOB_QUEUE_H_
