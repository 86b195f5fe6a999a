// The jobs that are not finished, and their way to the disk and back: none is
// lost, and none is asked twice under one id.
//
// One thread. Pointers to jobs hold until they are finished.
#ifndef REASONWATCH_RESCORE_JOB_QUEUE_H_
#define REASONWATCH_RESCORE_JOB_QUEUE_H_

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "core/incident.h"
#include "core/ports.h"
#include "rescore/tally.h"

namespace reasonwatch {

// RescoreJob::reason of those whose incident was over first.
inline constexpr char kClosed[] = "closed";

// Stable: the same question gets the same id.
std::string JobId(std::string_view what, const std::string& model,
                  uint64_t problem);

// Samples that were asked in this way.
int CountOf(const RescoreJob& job, std::string_view way);
bool HasSample(const RescoreJob& job, std::string_view way, int index);

class JobQueue {
 public:
  // `store` may be null: nothing survives. Both must outlive it.
  JobQueue(Store* store, RescoreTally& tally) : store_(store), tally_(tally) {}

  // What an earlier run left. Jobs of incidents that are not among those open
  // are finished; those of one that still waits for their verdict go on.
  absl::Status Load(const std::vector<Incident>& incidents, absl::Time now);

  // The job of this id; nullptr where it is finished already, or there are too
  // many.
  RescoreJob* Add(RescoreJob job);
  // nullptr: not there, or finished.
  RescoreJob* Find(const std::string& id);
  const RescoreJob* Find(const std::string& id) const;
  bool HasAnyOf(const std::string& incident) const;
  bool HasTrigger(RescoreTrigger trigger) const;
  // By id, so that the order is the same after a restart.
  std::vector<std::string> IdsOf(const std::string& incident) const;
  std::vector<std::string> Ids() const;

  void Changed(const RescoreJob& job) { unsaved_.insert(job.id); }
  void Finish(const std::string& id, std::string_view result,
              std::string_view reason, absl::Time now);
  // What can't be written now is tried again; nothing is to be asked meanwhile.
  bool Save();

  // Errors of a job, in a row.
  void CountError(const RescoreJob& job) { ++errors_[job.id]; }
  void ForgetErrors(const RescoreJob& job) { errors_.erase(job.id); }
  bool Failing(const RescoreJob& job) const;

  // To the tally.
  void Report() const;

 private:
  Store* const store_;
  RescoreTally& tally_;
  std::map<std::string, RescoreJob> jobs_;
  std::set<std::string> known_;  // ids that were asked before
  std::map<std::string, int> errors_;
  std::set<std::string> unsaved_;
  std::vector<RescoreJob> finished_;  // and not known to be on disk
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_JOB_QUEUE_H_
