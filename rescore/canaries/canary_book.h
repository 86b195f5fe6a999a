// SPDX-License-Identifier: Apache-2.0
// The canaries' schedule, and for each model the evidence that they have added
// up to and the incident that they have opened. Survives a restart.
//
// Not thread-safe; one owner.
#ifndef REASONWATCH_RESCORE_CANARIES_CANARY_BOOK_H_
#define REASONWATCH_RESCORE_CANARIES_CANARY_BOOK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "core/rescore_job.h"
#include "core/verdict.h"
#include "rescore/canaries/canary_watch.h"
#include "rescore/problem_set.h"

namespace reasonwatch {

class Store;

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
  // Goes on with the problem at which the last run ended.
  void Restore();
  // Whether it is time for the next canary. If so, the next turn is later.
  bool ClaimTurn(absl::Time now);
  // A job for the next problem. None: the next model has no solved problem.
  std::optional<RescoreJob> Next(const ProblemSet& problems, absl::Time now);
  // Adds the outcome of a canary, if it had one. Returns a verdict that closes
  // the model's incident once canaries show that the loss is over.
  // `being_asked`: the incident has a campaign, which decides instead.
  std::optional<Verdict> Count(const RescoreJob& job,
                               const FailurePosterior& healthy,
                               bool being_asked, absl::Time now);

  // The incident that canaries have opened or are asked about; "" = none.
  const std::string& IncidentOf(const std::string& model);
  void SetIncident(const std::string& model, const std::string& incident);
  // Models with an alarm that no incident answers.
  std::vector<std::string> Alarms() const;
  // The alarm gets a campaign under this incident id; the evidence begins anew.
  void Answer(const std::string& model, const std::string& incident);
  // Drops the model's evidence and incident.
  void Forget(const std::string& model);

 private:
  ModelCanaries& EntryFor(const std::string& model);
  void Save(const std::string& model);

  const double per_hour_;
  Store* const store_;
  absl::Time next_;
  uint64_t turns_ = 0;
  std::map<std::string, ModelCanaries> models_;
};

}  // namespace reasonwatch

#endif  // REASONWATCH_RESCORE_CANARIES_CANARY_BOOK_H_
