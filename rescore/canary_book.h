// Which canary is next, and what those of each model have added up to.
//
// One thread.
#ifndef REASONWATCH_RESCORE_CANARY_BOOK_H_
#define REASONWATCH_RESCORE_CANARY_BOOK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/ports.h"
#include "core/verdict.h"
#include "rescore/canary_watch.h"
#include "rescore/problem_set.h"

namespace reasonwatch {

// A model's canaries, and the incident that they have opened; "" = none.
struct ModelCanaries {
  CanaryWatch watch;
  std::string incident;
};

class CanaryBook {
 public:
  // `store` may be null, and must outlive it. per_hour <= 0: none are asked.
  CanaryBook(double per_hour, Store* store, absl::Time now)
      : per_hour_(per_hour), store_(store), next_(now) {}

  bool on() const { return per_hour_ > 0; }
  // Where the last run was in its turns.
  void Restore();
  // Whether it is time for the next one; if so, the time has passed then.
  bool TakeTurn(absl::Time now);
  // A job for the next problem; none where nothing is solved.
  std::optional<RescoreJob> Next(const ProblemSet& problems, absl::Time now);
  // Its outcome, where it had one. Some: its model's incident is over.
  // `being_asked`: that incident is being looked into.
  std::optional<Verdict> Count(const RescoreJob& job,
                               const FailurePosterior& healthy,
                               bool being_asked, absl::Time now);

  // The incident that canaries have opened or are asked about; "" = none.
  const std::string& IncidentOf(const std::string& model);
  void SetIncident(const std::string& model, const std::string& incident);
  // Models that sound an alarm which nobody looks into.
  std::vector<std::string> Alarms() const;
  // An alarm is being looked into as this incident.
  void Answer(const std::string& model, const std::string& incident);
  void Forget(const std::string& model);

 private:
  ModelCanaries& Of(const std::string& model);
  void Save(const std::string& model);

  const double per_hour_;
  Store* const store_;
  absl::Time next_;
  uint64_t turns_ = 0;
  std::map<std::string, ModelCanaries> models_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CANARY_BOOK_H_
